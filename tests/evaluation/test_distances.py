"""Distances between two samples, against closed forms and an independent float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from advnet.evaluation import distances

METRICS = [
    distances.frechet,
    distances.kernel,
    distances.mmd,
    distances.sliced_wasserstein,
]


def normals(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


def near(measure, expected, errors=4):
    assert abs(measure.value - expected) < errors * measure.standard_error, measure


def test_plain_frechet_of_a_fixed_sample():
    """The estimator without its correction, as everybody computes it."""
    random = np.random.RandomState(0)
    x, y = random.randn(1000, 64), random.randn(1000, 64)
    assert distances._frechet(x, y) == pytest.approx(2.193457194, abs=1e-8)


@pytest.mark.parametrize(
    ("n", "expected"), [(500, 4.378), (1000, 2.234), (2000, 1.090), (4000, 0.558)]
)
def test_plain_frechet_errs_by_one_over_n(n, expected):
    """Within a tenth: another draw differs by some hundredths."""
    plain = distances._frechet(*normals(n, n, 64))
    assert plain == pytest.approx(expected, rel=0.1)


def test_frechet_of_known_moments():
    random = np.random.RandomState(0)
    a, b = random.randn(5, 5), random.randn(5, 5)
    first, second = a @ a.T + np.eye(5), b @ b.T + np.eye(5)
    shifts = random.randn(5), random.randn(5)

    def with_moments(mean, covariance):
        x = np.random.default_rng(1).normal(size=(50, 5))
        x = x - x.mean(axis=0)
        x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False)).T)
        return x @ np.linalg.cholesky(covariance).T + mean

    sides = (
        with_moments(*moments) for moments in zip(shifts, (first, second), strict=True)
    )
    assert distances._frechet(*sides) == pytest.approx(15.853444727947846, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_frechet_of_normals(shift, scale):
    x, y = normals(3000, 2000, 6)
    got = distances.frechet(x, scale * y + shift)
    near(got, 6 * ((scale - 1) ** 2 + shift**2))
    assert got.standard_error < 0.25


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_frechet_bias_is_removed_and_its_error_is_right(shift):
    """At n = 300 the plain value of two equal sides in 16 dimensions is .5 too much."""
    sides = [normals(300, 300, 16, seed) for seed in range(16)]
    plain = np.mean([distances._frechet(x, y + shift) for x, y in sides])
    assert plain > 16 * shift**2 + 0.4
    got = [distances.frechet(x, y + shift) for x, y in sides]
    values = np.array([one.value for one in got])
    claimed, spread = np.mean([one.standard_error for one in got]), values.std(ddof=1)
    assert abs(values.mean() - 16 * shift**2) < 4 * spread / 4
    if shift:
        assert claimed == pytest.approx(spread, rel=0.5)
    else:  # too careful where the sides agree
        assert spread / 2 < claimed < 4 * spread


def test_fewer_examples_than_dimensions():
    got = distances.frechet(*normals(30, 40, 200))
    assert np.isfinite(got.value)
    assert got.standard_error > 0


@pytest.mark.parametrize(
    ("d", "shift", "expected"),
    [(4, 1.0, 9.625), (16, 0.5, 1.029296875), (64, 0.25, 0.2028503418)],
)
def test_kernel_distance_of_normals(d, shift, expected):
    x, y = normals(3000, 2000, d)
    near(distances.kernel(x, y + shift), expected)


@pytest.mark.parametrize(
    ("d", "shift", "scale", "width", "expected"),
    [
        (1, 1.0, 1.0, 1.0, 0.1772676349),
        (1, 0.0, 2.0, 1.0, 0.0941870216),
        (10, 10**-0.5, 1.0, 10**0.5, 0.0328016838),
    ],
)
def test_mmd_of_normals(d, shift, scale, width, expected):
    x, y = normals(1500, 1000, d)
    got = distances.mmd(x, scale * y + shift, bandwidths=[width], permutations=20)
    near(got, expected)
    assert got.p_value == pytest.approx(1 / 21)


def test_unbiased_estimates_are_the_double_sums():
    x, y = normals(23, 31, 3)

    def by_hand(kernel):
        within = lambda a: (
            (kernel(a, a).sum() - np.trace(kernel(a, a))) / (len(a) * (len(a) - 1))
        )
        return within(x) + within(y) - 2 * kernel(x, y).mean()

    cube = by_hand(lambda a, b: (a @ b.T / 3 + 1) ** 3)
    assert distances.kernel(x, y).value == pytest.approx(cube, rel=1e-4)
    squares = lambda a, b: ((a[:, None] - b) ** 2).sum(axis=-1)
    gauss = by_hand(
        lambda a, b: (np.exp(-squares(a, b) / 2) + np.exp(-squares(a, b) / 8)) / 2
    )
    got = distances.mmd(x, y, bandwidths=[1.0, 2.0], permutations=1)
    assert got.value == pytest.approx(gauss, abs=1e-6)


@pytest.mark.ci
def test_p_values_of_equal_sides_are_uniform():
    """40 of them: the share below .5 within 4 standard errors of one half."""
    p = [
        distances.mmd(*normals(60, 40, 2, seed), permutations=39).p_value
        for seed in range(40)
    ]
    assert abs(np.mean(np.array(p) <= 0.5) - 0.5) < 4 * 0.5 / 40**0.5
    assert min(p) >= 1 / 40


def test_a_measured_mmd_is_among_its_permutations():
    """Data far from the origin, where products round most."""
    x, y = normals(60, 60, 2)
    here = distances.mmd(x, y, bandwidths=[1.0])
    there = distances.mmd(x + 1000, y + 1000, bandwidths=[1.0])
    assert there.value == pytest.approx(here.value, abs=1e-3)


@pytest.mark.parametrize(("shift", "scale"), [(1.0, 1.0), (0.0, 2.0)])
def test_sliced_wasserstein_of_normals(shift, scale):
    x, y = normals(3000, 2000, 8)
    got = distances.sliced_wasserstein(x, scale * y + shift, directions=2000)
    expected = shift**2 + (scale - 1) ** 2
    assert got.value == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("metric", METRICS)
def test_features_are_named_and_used(metric):
    x, y = normals(40, 50, 3)

    def halves(x):
        assert len(x) <= 1000
        return x / 2

    got = metric(x, y, features=halves)
    assert (got.features, got.num_real, got.num_fake) == ("halves", 40, 50)
    assert got.value == pytest.approx(metric(x / 2, y / 2).value, abs=1e-5)
    assert "of halves" in str(got)


@pytest.mark.parametrize("metric", METRICS)
def test_bad_input(metric):
    x, y = normals(40, 40, 3)
    with pytest.raises(ValueError, match="of one size, got 3 and 2 values"):
        metric(x, y[:, :2])
    with pytest.raises(ValueError, match=r"real examples \[n, ...\] with n >= 20"):
        metric(x[:19], y)
    with pytest.raises(ValueError, match=r"got \(40,\).*needs an axis"):
        metric(x, y[:, 0])
    with pytest.raises(ValueError, match="finite fake raw values"):
        metric(x, np.where(y > 0, np.nan, y))


def test_bad_bandwidths():
    with pytest.raises(ValueError, match="bandwidths above 0"):
        distances.mmd(*normals(40, 40, 3), bandwidths=[1.0, 0.0])
    with pytest.raises(ValueError, match="permutations >= 1"):
        distances.mmd(*normals(40, 40, 3), permutations=0)


samples = arrays.arrays(
    np.float64,
    st.tuples(st.integers(20, 40), st.just(3)),
    elements=st.floats(-1e3, 1e3, width=32),
    fill=st.just(7.0),  # many duplicates
)


@pytest.mark.parametrize("metric", [distances.frechet, distances.sliced_wasserstein])
@settings(deadline=None, max_examples=25, derandomize=True, database=None)
@given(x=samples, y=samples)
def test_any_finite_arrays_give_finite_numbers(metric, x, y):
    got = metric(x, y)
    assert np.isfinite(got.value)
    assert np.isfinite(got.standard_error)
