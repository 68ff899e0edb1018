"""Distances against closed forms and independent float64 computations."""

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


def check_near(result, expected, errors=4):
    assert abs(result.value - expected) < errors * result.standard_error, result


def test_plain_frechet_distance_of_fixed_samples():
    """The estimator without a correction of its bias, as other libraries compute it."""
    random = np.random.RandomState(0)
    x, y = random.randn(1000, 64), random.randn(1000, 64)
    assert distances._plain_frechet(x, y) == pytest.approx(2.193457194, abs=1e-8)


@pytest.mark.ci
def test_plain_frechet_distance_has_a_bias_of_order_1_over_n():
    """The tolerance is a tenth, because draws differ by some hundredths."""
    for n, expected in [(500, 4.378), (1000, 2.234), (2000, 1.090), (4000, 0.558)]:
        plain = distances._plain_frechet(*normals(n, n, 64))
        assert plain == pytest.approx(expected, rel=0.1)


def test_frechet_distance_of_known_moments():
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
    distance = distances._plain_frechet(*sides)
    assert distance == pytest.approx(15.853444727947846, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_frechet_distance_of_normals(shift, scale):
    x, y = normals(3000, 2000, 6)
    result = distances.frechet(x, scale * y + shift)
    check_near(result, 6 * ((scale - 1) ** 2 + shift**2))
    assert result.standard_error < 0.25


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_frechet_bias_is_removed_and_its_error_is_calibrated(shift):
    """At n = 300 in 16 dimensions, the bias of the plain estimate is about .5."""
    sides = [normals(300, 300, 16, seed) for seed in range(16)]
    plain = np.mean([distances._plain_frechet(x, y + shift) for x, y in sides])
    assert plain > 16 * shift**2 + 0.4
    results = [distances.frechet(x, y + shift) for x, y in sides]
    values = np.array([result.value for result in results])
    spread = values.std(ddof=1)
    error = np.mean([result.standard_error for result in results])
    assert abs(values.mean() - 16 * shift**2) < 4 * spread / 4
    if shift:
        assert error == pytest.approx(spread, rel=0.5)
    else:  # the error is conservative where the sides agree
        assert spread / 2 < error < 4 * spread


def test_fewer_examples_than_dimensions():
    result = distances.frechet(*normals(30, 40, 200))
    assert np.isfinite(result.value)
    assert result.standard_error > 0


@pytest.mark.parametrize(
    ("d", "shift", "expected"),
    [(4, 1.0, 9.625), (16, 0.5, 1.029296875), (64, 0.25, 0.2028503418)],
)
def test_kernel_distance_of_normals(d, shift, expected):
    x, y = normals(3000, 2000, d)
    check_near(distances.kernel(x, y + shift), expected)


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
    result = distances.mmd(x, scale * y + shift, bandwidths=[width], permutations=20)
    check_near(result, expected)
    assert result.p_value == pytest.approx(1 / 21)


@pytest.mark.ci
def test_unbiased_estimates_are_double_sums():
    x, y = normals(23, 31, 3)

    def double_sum(kernel):
        within = lambda a: (
            (kernel(a, a).sum() - np.trace(kernel(a, a))) / (len(a) * (len(a) - 1))
        )
        return within(x) + within(y) - 2 * kernel(x, y).mean()

    cubic = double_sum(lambda a, b: (a @ b.T / 3 + 1) ** 3)
    assert distances.kernel(x, y).value == pytest.approx(cubic, rel=1e-4)
    squares = lambda a, b: ((a[:, None] - b) ** 2).sum(axis=-1)
    gaussian = double_sum(
        lambda a, b: (np.exp(-squares(a, b) / 2) + np.exp(-squares(a, b) / 8)) / 2
    )
    result = distances.mmd(x, y, bandwidths=[1.0, 2.0], permutations=1)
    assert result.value == pytest.approx(gaussian, abs=1e-6)


@pytest.mark.ci
def test_p_values_of_equal_sides_are_uniform():
    """The share of 40 p-values below .5 is within 4 standard errors of one half."""
    p_values = [
        distances.mmd(*normals(60, 40, 2, seed), permutations=39).p_value
        for seed in range(40)
    ]
    assert abs(np.mean(np.array(p_values) <= 0.5) - 0.5) < 4 * 0.5 / 40**0.5
    assert min(p_values) >= 1 / 40


def test_mmd_does_not_change_far_from_the_origin():
    """Products are rounded most far from the origin."""
    x, y = normals(60, 60, 2)
    near = distances.mmd(x, y, bandwidths=[1.0])
    far = distances.mmd(x + 1000, y + 1000, bandwidths=[1.0])
    assert far.value == pytest.approx(near.value, abs=1e-3)


@pytest.mark.parametrize(("shift", "scale"), [(1.0, 1.0), (0.0, 2.0)])
def test_sliced_wasserstein_distance_of_normals(shift, scale):
    x, y = normals(3000, 2000, 8)
    result = distances.sliced_wasserstein(x, scale * y + shift, directions=2000)
    expected = shift**2 + (scale - 1) ** 2
    assert result.value == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("metric", METRICS)
def test_features_are_used_and_named(metric):
    x, y = normals(40, 50, 3)

    def halves(x):
        assert len(x) <= 1000
        return x / 2

    halves.fingerprint = "abc"
    result = metric(x, y, features=halves)
    assert (result.features, result.fingerprint) == ("halves", "abc")
    assert (result.num_real, result.num_fake) == (40, 50)
    assert result.value == pytest.approx(metric(x / 2, y / 2).value, abs=1e-5)
    assert "of halves" in str(result)


def test_features_may_see_missing_values():
    """Features can encode a missing value, so only the features must be finite."""
    x, y = normals(40, 50, 3)
    x[0, 0] = np.nan
    known = lambda x: np.isfinite(x).astype(np.float32)
    assert np.isfinite(distances.sliced_wasserstein(x, y, features=known).value)


@pytest.mark.parametrize("metric", METRICS)
def test_bad_input(metric):
    x, y = normals(40, 40, 3)
    with pytest.raises(ValueError, match="of one size, got 3 and 2 values"):
        metric(x, y[:, :2])
    with pytest.raises(ValueError, match=r"real examples \[n, ...\] with n >= 20"):
        metric(x[:19], y)
    with pytest.raises(ValueError, match=r"got shape \(40,\).*needs an axis"):
        metric(x, y[:, 0])
    with pytest.raises(ValueError, match="finite fake raw values"):
        metric(x, np.where(y > 0, np.nan, y))
    images = x.reshape(40, 3, 1)
    with pytest.raises(ValueError, match=r"of one shape, got \(3, 1\) and \(1, 3\)"):
        metric(images, images.swapaxes(1, 2))


def test_bad_bandwidths():
    with pytest.raises(ValueError, match="bandwidths above 0"):
        distances.mmd(*normals(40, 40, 3), bandwidths=[1.0, 0.0])
    with pytest.raises(ValueError, match="permutations >= 1"):
        distances.mmd(*normals(40, 40, 3), permutations=0)


samples = arrays.arrays(
    np.float64,
    st.tuples(st.integers(20, 40), st.just(3)),
    elements=st.floats(-1e3, 1e3, width=32),
    fill=st.just(7.0),  # creates duplicates
)


@pytest.mark.parametrize("metric", [distances.frechet, distances.sliced_wasserstein])
@settings(deadline=None, max_examples=25, derandomize=True, database=None)
@given(x=samples, y=samples)
def test_finite_arrays_give_finite_numbers(metric, x, y):
    result = metric(x, y)
    assert np.isfinite(result.value)
    assert np.isfinite(result.standard_error)


def test_order_of_the_classes_does_not_change_an_estimate():
    """Labels in the order 0, 1, ..., 9, 0, ... would make a class of every tenth."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(10, 8))
    x, y = np.tile(centers, (2, 50, 1)) + 0.3 * rng.normal(size=(2, 500, 8))
    for metric in (distances.frechet, distances.sliced_wasserstein, distances.kernel):
        ordered, mixed = metric(x, y), metric(x, rng.permutation(y))
        assert abs(ordered.value - mixed.value) < 2 * mixed.standard_error
        assert 0.3 < ordered.standard_error / mixed.standard_error < 3
