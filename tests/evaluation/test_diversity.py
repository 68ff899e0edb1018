"""Supports of known size; structural similarity against SciPy's filter."""

import numpy as np
import pytest
from scipy import ndimage, stats

from advnet.evaluation import _similarity, diversity

SEEDS = 40


def estimates(draw, n):
    rngs = map(np.random.default_rng, range(SEEDS))
    return [
        diversity.birthday_paradox(draw(rng, n)[:, None], closer_than=0.5)
        for rng in rngs
    ]


def test_intervals_hold_the_size_of_a_uniform_support():
    """95 % of 40 hold it; 34 or more do in 99 of 100 such runs."""
    got = estimates(lambda rng, n: rng.integers(2000, size=n), 700)
    assert sum(one.low <= 2000 <= one.high for one in got) >= 34
    inverse = np.array([1 / one.size for one in got])
    error = inverse.std(ddof=1) / SEEDS**0.5
    assert abs(inverse.mean() - 1 / 2000) < 4 * error


def test_intervals_hold_where_some_are_likelier():
    p = np.geomspace(1, 1e-3, 500)
    p = p / p.sum()
    got = estimates(lambda rng, n: rng.choice(500, n, p=p), 600)
    effective = 1 / (p**2).sum()
    assert sum(one.low <= effective <= one.high for one in got) >= 34
    assert effective < 500


def test_calibrated_on_real_examples_with_a_jitter():
    """300 memories, each repeated with noise much smaller than real ones differ."""
    rng = np.random.default_rng(0)
    real = 100 + rng.normal(size=(3, 400, 20)) * 5
    memories = real[0][:300]
    samples = memories[rng.integers(300, size=500)]
    samples = samples + 1e-3 * rng.normal(size=samples.shape)
    got = diversity.birthday_paradox(samples, real[1])
    assert got.low < 300 < got.high
    nearest = min(
        np.linalg.norm(real[1] - row, axis=1)[np.arange(400) != i].min()
        for i, row in enumerate(real[1])
    )
    assert got.closer_than == pytest.approx(nearest, rel=1e-5)
    honest = diversity.birthday_paradox(real[2], real[1])
    assert honest.repeats <= 5
    assert honest.low > 10_000


def test_no_repeats_and_nothing_but_repeats():
    none = diversity.birthday_paradox(np.arange(1203)[:, None], closer_than=0.5)
    assert (none.size, none.high, none.repeats) == (np.inf, np.inf, 0)
    assert none.low == pytest.approx(1203 * 1202 / 2 / 3.689, rel=0.01)
    assert "or more" in str(none)
    only = diversity.birthday_paradox(np.ones((600, 2)), closer_than=0.5)
    assert (only.size, only.low, only.repeats) == (1, 1, 600 * 599 / 2)


@pytest.mark.parametrize("repeats", [1, 2, 10, 300])
def test_limits_are_poissons(repeats):
    """Disjoint pairs: no spread but Poisson's. Garwood's limits by SciPy."""
    alike = np.zeros(5000, int)
    alike[: 2 * repeats] = 1
    got = diversity._support(alike, 0.95, 1.0, "x")
    pairs = 5000 * 4999 / 2
    fewest = stats.chi2.ppf(0.025, 2 * repeats) / 2
    most = stats.chi2.ppf(0.975, 2 * repeats + 2) / 2
    assert got.low == pytest.approx(pairs / most, rel=0.01)
    # Too careful where hardly anything repeats.
    assert 0.99 < got.high / (pairs / fewest) < {1: 2.0, 2: 1.1}.get(repeats, 1.01)


def reference(x, y):
    """Luminance times contrast-structure, [h - 10, w - 10], by SciPy in float64."""
    blur = lambda a: ndimage.gaussian_filter(a, 1.5, radius=5)[5:-5, 5:-5]
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    cov = blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
    return luminance, (2 * cov + 9e-4) / (var_x + var_y + 9e-4)


def images(num, h, w, c, seed=0):
    """Smooth enough to be alike."""
    x = np.random.default_rng(seed).uniform(size=(num, h, w, c))
    return ndimage.gaussian_filter(x, (0, 2, 2, 0)) ** 2


def compare(x, y):
    return np.asarray(
        _similarity.similarity(x.astype(np.float32), y.astype(np.float32))
    )


def test_one_scale_is_ssim():
    x, y = images(2, 12, 15, 2)
    luminance, structure = zip(
        *(reference(x[..., i], y[..., i]) for i in (0, 1)), strict=True
    )
    expected = np.mean(
        [(a * b).mean() for a, b in zip(luminance, structure, strict=True)]
    )
    np.testing.assert_allclose(compare(x[None], y[None]), expected, rtol=1e-4)


def test_three_scales_are_their_product():
    x, y = images(2, 47, 44, 1)[..., 0]
    y = 0.7 * x + 0.3 * y
    sides, expected = [x, y], 1.0
    weights = np.array([0.0448, 0.2856, 0.3001])
    for scale, weight in enumerate(weights / weights.sum()):
        luminance, structure = reference(*sides)
        value = (luminance * structure if scale == 2 else structure).mean()
        expected *= value**weight
        sides = [
            s[: s.shape[0] // 2 * 2, : s.shape[1] // 2 * 2]
            .reshape(s.shape[0] // 2, 2, s.shape[1] // 2, 2)
            .mean(axis=(1, 3))
            for s in sides
        ]
    got = compare(x[None, ..., None], y[None, ..., None])
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_closed_cases():
    x = images(6, 28, 28, 3).astype(np.float32)
    np.testing.assert_allclose(compare(x, x), 1, atol=1e-5)
    flat = compare(np.full((1, 30, 30, 1), 0.2), np.full((1, 30, 30, 1), 0.6))
    luminance = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    weight = 0.2856 / (0.0448 + 0.2856)
    np.testing.assert_allclose(flat, luminance**weight, rtol=1e-4)
    np.testing.assert_allclose(compare(x, y := x[::-1]), compare(y, x), rtol=1e-5)


def test_scales_an_image_has_room_for():
    sizes = {10: 0, 11: 1, 21: 1, 22: 2, 28: 2, 32: 2, 64: 3, 128: 4, 176: 5, 1024: 5}
    for size, expected in sizes.items():
        assert _similarity.num_scales(size, 2000) == expected


def test_a_collapse_shows_beside_real_images():
    real = images(400, 28, 28, 1)
    same = 0.97 * real[:1] + 0.03 * images(101, 28, 28, 1, seed=1)
    got = diversity.ms_ssim(same, real, num_pairs=150)
    assert got.value > got.real + 10 * (got.standard_error + got.real_error)
    assert (got.num_pairs, got.num_scales) == (50, 2)
    alone = diversity.ms_ssim(real, num_pairs=150)
    assert (alone.value, alone.standard_error) == (got.real, got.real_error)
    assert alone.real is None
    assert "of real images" in str(got)
    assert "of real images" not in str(alone)


def test_bad_input():
    x = np.random.default_rng(0).uniform(size=(10, 12, 12, 1))
    with pytest.raises(ValueError, match="11 or more pixels a side"):
        diversity.ms_ssim(x[:, :10])
    with pytest.raises(ValueError, match=r"samples in \[0, 1\]"):
        diversity.ms_ssim(x - 0.5)
    with pytest.raises(ValueError, match=r"real in \[0, 1\], got nan"):
        diversity.ms_ssim(x, x * np.nan)
    with pytest.raises(ValueError, match="either real examples or closer_than"):
        diversity.birthday_paradox(x)
    with pytest.raises(ValueError, match="two of them are equal"):
        diversity.birthday_paradox(x, np.ones_like(x))
    with pytest.raises(ValueError, match="above 0, got -1"):
        diversity.birthday_paradox(x, closer_than=-1.0)
    with pytest.raises(ValueError, match="confidence in"):
        diversity.birthday_paradox(x, closer_than=1.0, confidence=95)
