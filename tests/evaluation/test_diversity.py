"""Supports of known size, and structural similarity against a filter by SciPy."""

import math

import numpy as np
import pytest
from scipy import ndimage, stats

from advnet.evaluation import _similarity, diversity

NUM_SEEDS = 40


def estimates(draw, n):
    """Return one estimate per seed from integers that are alike only if equal."""
    return [
        diversity.birthday_paradox(
            None, draw(np.random.default_rng(seed), n)[:, None], closer_than=0.5
        )
        for seed in range(NUM_SEEDS)
    ]


def test_intervals_contain_the_size_of_a_uniform_support():
    """95 % of 40 intervals should; in 99 of 100 such tests, 34 or more do."""
    supports = estimates(lambda rng, n: rng.integers(2000, size=n), 700)
    assert sum(support.low <= 2000 <= support.high for support in supports) >= 34
    inverse = np.array([1 / support.size.value for support in supports])
    error = inverse.std(ddof=1) / NUM_SEEDS**0.5
    assert abs(inverse.mean() - 1 / 2000) < 4 * error


def test_intervals_contain_the_effective_size_of_an_unequal_support():
    p = np.geomspace(1, 1e-3, 500)
    p = p / p.sum()
    supports = estimates(lambda rng, n: rng.choice(500, n, p=p), 600)
    effective = 1 / (p**2).sum()
    assert sum(support.low <= effective <= support.high for support in supports) >= 34
    assert effective < 500
    values = [support.size.value for support in supports]
    errors = [support.size.standard_error for support in supports]
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.35)


def test_the_distance_comes_from_real_examples():
    """300 memories are repeated with noise far below the distances of real examples."""
    rng = np.random.default_rng(0)
    real = 100 + rng.normal(size=(3, 400, 20)) * 5
    memories = real[0][:300]
    samples = memories[rng.integers(300, size=500)]
    samples = samples + 1e-3 * rng.normal(size=samples.shape)
    support = diversity.birthday_paradox(real[1], samples)
    assert support.low < 300 < support.high
    assert (support.size.num_real, support.size.num_fake) == (400, 500)
    nearest = min(
        np.linalg.norm(real[1] - row, axis=1)[np.arange(400) != i].min()
        for i, row in enumerate(real[1])
    )
    assert support.closer_than == pytest.approx(nearest, rel=1e-5)
    distinct = diversity.birthday_paradox(real[1], real[2])
    assert distinct.repeats <= 5
    assert distinct.low > 10_000


def test_no_repeats_and_only_repeats():
    distinct = diversity.birthday_paradox(
        None, np.arange(1203)[:, None], closer_than=0.5
    )
    assert (distinct.size.value, distinct.high) == (np.inf, np.inf)
    assert distinct.repeats == 0
    assert math.isnan(distinct.size.standard_error)
    assert distinct.size.num_real == 0
    assert distinct.low == pytest.approx(1203 * 1202 / 2 / 3.689, rel=0.01)
    assert "or more" in str(distinct)
    equal = diversity.birthday_paradox(None, np.ones((600, 2)), closer_than=0.5)
    assert (equal.size.value, equal.low, equal.repeats) == (1, 1, 600 * 599 / 2)


def test_limits_of_disjoint_pairs_are_those_of_a_poisson_mean():
    """Disjoint pairs repeat independently; SciPy gives the limits of Garwood."""
    for repeats in (1, 2, 10, 300):
        num_alike = np.zeros(5000, int)
        num_alike[: 2 * repeats] = 1
        _, _, low, high = diversity._support_size(num_alike, 0.95)
        pairs = 5000 * 4999 / 2
        min_repeats = stats.chi2.ppf(0.025, 2 * repeats) / 2
        max_repeats = stats.chi2.ppf(0.975, 2 * repeats + 2) / 2
        assert low == pytest.approx(pairs / max_repeats, rel=0.01)
        # The upper limit is conservative for one or two repeats.
        slack = {1: 2.0, 2: 1.1}.get(repeats, 1.01)
        assert 0.99 < high / (pairs / min_repeats) < slack


def ssim_maps(x, y):
    """Return luminance and contrast-structure [h - 10, w - 10] by SciPy in float64."""
    blur = lambda a: ndimage.gaussian_filter(a, 1.5, radius=5)[5:-5, 5:-5]
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    cov = blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
    return luminance, (2 * cov + 9e-4) / (var_x + var_y + 9e-4)


def images(num, h, w, c, seed=0):
    """Return smooth random images, which are similar to each other."""
    x = np.random.default_rng(seed).uniform(size=(num, h, w, c))
    return ndimage.gaussian_filter(x, (0, 2, 2, 0)) ** 2


def similarity(x, y):
    return np.asarray(
        _similarity.similarity(x.astype(np.float32), y.astype(np.float32))
    )


def test_one_scale_is_ssim():
    x, y = images(2, 12, 15, 2)
    luminance, structure = zip(
        *(ssim_maps(x[..., i], y[..., i]) for i in (0, 1)), strict=True
    )
    expected = np.mean(
        [(a * b).mean() for a, b in zip(luminance, structure, strict=True)]
    )
    np.testing.assert_allclose(similarity(x[None], y[None]), expected, rtol=1e-4)


def test_three_scales_give_the_product_of_their_scores():
    x, y = images(2, 47, 44, 1)[..., 0]
    y = 0.7 * x + 0.3 * y
    sides, expected = [x, y], 1.0
    weights = np.array([0.0448, 0.2856, 0.3001])
    for scale, weight in enumerate(weights / weights.sum()):
        luminance, structure = ssim_maps(*sides)
        score = (luminance * structure if scale == 2 else structure).mean()
        expected *= score**weight
        sides = [
            s[: s.shape[0] // 2 * 2, : s.shape[1] // 2 * 2]
            .reshape(s.shape[0] // 2, 2, s.shape[1] // 2, 2)
            .mean(axis=(1, 3))
            for s in sides
        ]
    value = similarity(x[None, ..., None], y[None, ..., None])
    np.testing.assert_allclose(value, expected, rtol=1e-4)


def test_equal_and_constant_images():
    x = images(6, 28, 28, 3).astype(np.float32)
    np.testing.assert_allclose(similarity(x, x), 1, atol=1e-5)
    flat = similarity(np.full((1, 30, 30, 1), 0.2), np.full((1, 30, 30, 1), 0.6))
    luminance = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    weight = 0.2856 / (0.0448 + 0.2856)
    np.testing.assert_allclose(flat, luminance**weight, rtol=1e-4)
    np.testing.assert_allclose(similarity(x, y := x[::-1]), similarity(y, x), rtol=1e-5)


def test_number_of_scales_by_the_size_of_an_image():
    sizes = {10: 0, 11: 1, 21: 1, 22: 2, 28: 2, 32: 2, 64: 3, 128: 4, 176: 5, 1024: 5}
    for size, expected in sizes.items():
        assert _similarity.num_scales(size, 2000) == expected


def test_a_collapse_scores_above_real_images():
    real = images(400, 28, 28, 1)
    same = 0.97 * real[:1] + 0.03 * images(101, 28, 28, 1, seed=1)
    result = diversity.ms_ssim(real, same, num_pairs=150)
    margin = 10 * (result.fake.standard_error + result.real.standard_error)
    assert result.fake.value > result.real.value + margin
    assert result.fake.num_fake == 100  # 50 pairs
    assert result.real.num_real == 300
    assert result.fake.name == "MS-SSIM (2 scales)"
    alone = diversity.ms_ssim(None, real, num_pairs=150)
    assert alone.fake.value == result.real.value
    assert alone.fake.standard_error == result.real.standard_error
    assert alone.real is None
    assert "real images" in str(result)
    assert "real images" not in str(alone)


def test_bad_input():
    x = np.random.default_rng(0).uniform(size=(10, 12, 12, 1))
    with pytest.raises(ValueError, match="11 or more pixels a side"):
        diversity.ms_ssim(None, x[:, :10])
    with pytest.raises(ValueError, match=r"fake images in \[0, 1\]"):
        diversity.ms_ssim(None, x - 0.5)
    with pytest.raises(ValueError, match="finite real images .* got nan"):
        diversity.ms_ssim(x * np.nan, x)
    with pytest.raises(ValueError, match=r"fake images \[n, ...\] with n >= 4"):
        diversity.ms_ssim(None, x[:3])
    with pytest.raises(ValueError, match="either real examples or closer_than"):
        diversity.birthday_paradox(None, x)
    with pytest.raises(ValueError, match="two of them are equal"):
        diversity.birthday_paradox(np.ones_like(x), x)
    with pytest.raises(ValueError, match="above 0, got -1"):
        diversity.birthday_paradox(None, x, closer_than=-1.0)
    with pytest.raises(ValueError, match="confidence in"):
        diversity.birthday_paradox(None, x, closer_than=1.0, confidence=95)
