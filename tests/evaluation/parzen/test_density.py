"""Log-densities compared with float64 sums, closed forms, scikit-learn and SciPy."""

import warnings

import chex
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import gaussian_kde

from advnet import parzen

RNG = np.random.default_rng(0)


def reference(samples, x, sigma):
    """Compute the definition in float64, with differences."""
    samples, x = samples.astype(np.float64), x.astype(np.float64)
    dim = samples.shape[1]
    rows = [
        logsumexp(-((samples - row) ** 2).sum(axis=1) / (2 * sigma**2)) for row in x
    ]
    return (
        np.array(rows) - np.log(len(samples)) - dim * np.log(sigma * np.sqrt(2 * np.pi))
    )


@pytest.mark.parametrize("sigma", [0.1, 0.2154, 1.0])
@pytest.mark.parametrize(("num", "dim"), [(1, 1), (3, 784), (700, 20)])
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_equals_float64(sigma, num, dim, offset):
    samples = (RNG.uniform(size=(num, dim)) + offset).astype(np.float32)
    x = (RNG.uniform(size=(37, dim)) + offset).astype(np.float32)
    actual = parzen.log_density(samples, x, sigma, batch_size=10)
    # Squared distances up to 300 have errors of about 1e-5, divided by 2 sigma².
    np.testing.assert_allclose(
        actual, reference(samples, x, sigma), rtol=2e-6, atol=5e-3
    )


def test_one_center_at_x():
    actual = parzen.log_density(np.ones((1, 784)), np.ones((1, 784)), 1.0)
    np.testing.assert_allclose(actual, -720.4478100, rtol=1e-7)


def test_gaussian_centers():
    """Centers from N(0, I_2) with sigma 0.2 have the limit N(0, 1.04 I_2)."""
    samples, x = RNG.normal(size=(2, 20_000, 2)).astype(np.float32)
    result = parzen.log_likelihood(samples, x, 0.2)
    np.testing.assert_allclose(result.value, -2.8386362, atol=4 * result.standard_error)
    assert result.standard_error < 0.01


def test_agrees_with_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    samples, x = RNG.uniform(size=(2, 300, 64)).astype(np.float32)
    oracle = neighbors.KernelDensity(bandwidth=0.3, leaf_size=300).fit(samples)
    actual = parzen.log_density(samples, x, 0.3)
    np.testing.assert_allclose(actual, oracle.score_samples(x), atol=2e-3)


def test_agrees_with_scipy():
    """SciPy's bandwidth is a factor of the standard deviation of the samples."""
    samples, x = RNG.normal(size=(2, 300, 1)).astype(np.float32)
    oracle = gaussian_kde(samples.T, bw_method=0.3)
    sigma = 0.3 * samples.std(ddof=1, dtype=np.float64)
    actual = parzen.log_density(samples, x, sigma)
    np.testing.assert_allclose(actual, oracle.logpdf(x.T), rtol=1e-5, atol=1e-5)


def test_several_sigmas_share_a_pass():
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    sigmas = [0.1, 0.5]
    together = parzen.log_density(samples, x, sigmas, batch_size=20)
    assert together.shape == (2, 50)
    for densities, sigma in zip(together, sigmas, strict=True):
        separate = parzen.log_density(samples, x, sigma)
        np.testing.assert_allclose(densities, separate, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 500])
def test_batch_size_does_not_change_the_result(batch_size):
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    actual = parzen.log_density(samples, x, 0.3, batch_size=batch_size)
    expected = parzen.log_density(samples, x, 0.3)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_a_distant_example_does_not_underflow():
    with pytest.warns(UserWarning, match="float64"):
        actual = parzen.log_density(np.zeros((5, 2)), np.full((1, 2), 100.0), 0.1)
    np.testing.assert_allclose(actual, -1e6 - 2 * np.log(0.1 * np.sqrt(2 * np.pi)))


def test_images_are_flattened():
    samples, x = RNG.uniform(size=(2, 20, 4, 4, 1)).astype(np.float32)
    actual = parzen.log_density(samples, x, 0.3)
    expected = parzen.log_density(samples.reshape(20, 16), x.reshape(20, 16), 0.3)
    np.testing.assert_array_equal(actual, expected)


def test_memory_is_bounded_by_the_batch():
    """No array of the compiled program holds all pairs of an example and a sample."""
    samples, x = np.zeros((3000, 8), np.float32), np.zeros((4000, 8), np.float32)
    compiled = (
        jax.jit(lambda s, t: parzen.log_density(s, t, 0.2, batch_size=100))
        .lower(samples, x)
        .compile()
    )
    block = 100 * 3000 * 4
    assert compiled.memory_analysis().temp_size_in_bytes < 4 * block


def test_an_example_that_equals_a_center():
    """The distance is exactly 0; a product of norms near 100 has errors above 1e-4."""
    samples = RNG.uniform(size=(100, 784)).astype(np.float32)
    actual = parzen.log_density(samples, samples[:10], 0.01)
    expected = -np.log(100) - 784 * np.log(0.01 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


OFFSET = RNG.uniform(size=(2, 300, 784)).astype(np.float32) + np.float32(100)


@pytest.mark.parametrize("sigma", np.logspace(-1, 0, 10))
def test_within_a_thousandth_of_a_nat_on_the_grid(sigma):
    """The mean over examples, on pixels in [0, 1] with an offset of 100."""
    value = parzen.log_likelihood(*OFFSET, sigma).value
    expected = reference(*OFFSET, sigma).mean()
    np.testing.assert_allclose(value, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("sigma", [0.01, 0.003])
def test_inaccurate_float32_warns_and_is_replaced_by_float64(sigma):
    message = r"float32 has an error of 0\.\d+ nats.*float64"
    with pytest.warns(UserWarning, match=message):
        result = parzen.log_likelihood(*OFFSET, sigma)
    expected = reference(*OFFSET, sigma).mean()
    np.testing.assert_allclose(result.value, expected, rtol=1e-9)


@pytest.mark.parametrize("num", [1, 7, 8, 83])
def test_devices_share_the_examples(num):
    """Eight devices and one device give the same result."""
    assert jax.local_device_count() == 8
    samples, x = RNG.uniform(size=(50, 7)), RNG.uniform(size=(num, 7))
    shared = parzen.log_density(samples, x, 0.3)
    single = jax.jit(parzen.log_density, static_argnums=2)(
        np.float32(samples), np.float32(x), 0.3
    )
    assert len(shared.devices()) == 8
    assert len(single.devices()) == 1
    np.testing.assert_allclose(shared, single, rtol=1e-6, atol=1e-6)


def test_samples_may_be_split_over_devices_by_the_caller():
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    samples, x = RNG.uniform(size=(2, 40, 7)).astype(np.float32)
    actual = parzen.log_density(
        jax.device_put(samples, split), jax.device_put(x, split), 0.3
    )
    np.testing.assert_allclose(actual, reference(samples, x, 0.3), rtol=1e-5, atol=1e-5)


def test_one_trace_for_different_data():
    samples, x = RNG.uniform(size=(2, 40, 7)).astype(np.float32)
    run = jax.jit(chex.assert_max_traces(parzen.log_density, n=1), static_argnums=2)
    run(samples, x, 0.3)
    run(x, samples, 0.3)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    shape=st.sampled_from([(1, 1), (2, 40), (12, 3)]),
    scale=st.sampled_from([1e-6, 1e-2, 1.0, 1e6]),
    offset=st.sampled_from([0.0, -1.0, 1e3]),
    relative=st.sampled_from([1e-3, 0.1, 1.0, 30.0]),
    copies=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_array(shape, scale, offset, relative, copies, seed):
    """The result is accurate for every unit of the data, if need be after a warning."""
    rng = np.random.default_rng(seed)
    samples = (scale * (rng.normal(size=shape) + offset)).astype(np.float32)
    x = samples[:1].repeat(5, axis=0) if copies else samples[:5] + np.float32(scale)
    sigma = relative * scale
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="float32 has an error")
        value = parzen.log_likelihood(samples, x, sigma).value
    expected = reference(samples, x, sigma).mean()
    np.testing.assert_allclose(value, expected, rtol=3e-6, atol=0.01)


@pytest.mark.parametrize(
    ("samples", "x", "sigma", "message"),
    [
        (np.zeros((0, 2)), np.zeros((3, 2)), 1.0, r"Expected samples .* got \(0, 2\)"),
        (np.zeros((3, 2)), np.zeros(2), 1.0, r"Expected x .* got \(2,\)"),
        (np.zeros((3, 2)), np.zeros((3, 4)), 1.0, "got 2 and 4 values"),
        (np.full((3, 2), np.nan), np.zeros((3, 2)), 1.0, "finite samples below"),
        (np.zeros((3, 2)), np.zeros((3, 2)), 0.0, "positive sigma"),
        (np.zeros((3, 2)), np.zeros((3, 2)), -1.0, "positive sigma"),
        (np.full((3, 2), 1e30), np.zeros((3, 2)), 1.0, r"below 1e\+18"),
    ],
)
def test_bad_input(samples, x, sigma, message):
    with pytest.raises(ValueError, match=message):
        parzen.log_density(samples, x, sigma)


@pytest.mark.parametrize(
    ("scale", "offset"), [(1, 1.7e9), (1e-20, 0), (1e-150, 0), (1e15, 0), (1e16, 1e17)]
)
def test_densities_of_any_offset_and_scale(scale, offset):
    """log p(a x + b) = log p(x) - d log a."""
    s, x = np.random.default_rng(0).integers(-9, 10, (2, 30, 3)).astype(float)
    expected = parzen.log_likelihood(s, x, 2.0).value - 3 * np.log(scale)
    moved = parzen.log_likelihood(scale * s + offset, scale * x + offset, 2 * scale)
    assert moved.value == pytest.approx(expected, rel=1e-6)
