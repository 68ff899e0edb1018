"""Against float64 sums, closed forms and scikit-learn's estimator."""

import jax
import numpy as np
import pytest
from scipy.special import logsumexp

from advnet import parzen

RNG = np.random.default_rng(0)


def reference(samples, x, sigma):
    """The definition, in float64, one difference at a time."""
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
    got = parzen.log_density(samples, x, sigma, batch_size=10)
    # Squared distances up to 300 are good to 1e-5 or so, then divided by 2 sigma².
    np.testing.assert_allclose(got, reference(samples, x, sigma), rtol=2e-6, atol=5e-3)


def test_one_centre_at_x():
    got = parzen.log_density(np.ones((1, 784)), np.ones((1, 784)), 1.0)
    np.testing.assert_allclose(got, -720.4478100, rtol=1e-7)


def test_gaussian_centres():
    """N(0, I_2), sigma .2: in the limit N(0, 1.04 I_2), whose mean score is known."""
    samples, x = RNG.normal(size=(2, 20_000, 2)).astype(np.float32)
    got = parzen.log_likelihood(samples, x, 0.2)
    np.testing.assert_allclose(got.mean, -2.8386362, atol=4 * got.standard_error)
    assert got.standard_error < 0.01


def test_agrees_with_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    samples, x = RNG.uniform(size=(2, 300, 64)).astype(np.float32)
    oracle = neighbors.KernelDensity(bandwidth=0.3, leaf_size=300).fit(samples)
    got = parzen.log_density(samples, x, 0.3)
    np.testing.assert_allclose(got, oracle.score_samples(x), atol=2e-3)


def test_several_sigmas_share_a_pass():
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    sigmas = [0.1, 0.5]
    together = parzen.log_density(samples, x, sigmas, batch_size=20)
    assert together.shape == (2, 50)
    for got, sigma in zip(together, sigmas, strict=True):
        alone = parzen.log_density(samples, x, sigma)
        np.testing.assert_allclose(got, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 500])
def test_batches_do_not_matter(batch_size):
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    got = parzen.log_density(samples, x, 0.3, batch_size=batch_size)
    want = parzen.log_density(samples, x, 0.3)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_a_point_far_away_does_not_underflow():
    got = parzen.log_density(np.zeros((5, 2)), np.full((1, 2), 100.0), 0.1)
    np.testing.assert_allclose(got, -1e6 - 2 * np.log(0.1 * np.sqrt(2 * np.pi)))


def test_images_are_flattened():
    samples, x = RNG.uniform(size=(2, 20, 4, 4, 1)).astype(np.float32)
    got = parzen.log_density(samples, x, 0.3)
    want = parzen.log_density(samples.reshape(20, 16), x.reshape(20, 16), 0.3)
    np.testing.assert_array_equal(got, want)


def test_memory_is_bounded_by_the_batch():
    """No array of the compiled program holds every test against every sample."""
    samples, x = np.zeros((3000, 8), np.float32), np.zeros((4000, 8), np.float32)
    compiled = (
        jax.jit(lambda s, t: parzen.log_density(s, t, 0.2, batch_size=100))
        .lower(samples, x)
        .compile()
    )
    block = 100 * 3000 * 4
    assert compiled.memory_analysis().temp_size_in_bytes < 4 * block


def test_standard_error_is_over_examples():
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    densities = reference(samples, x, 0.3)
    got = parzen.log_likelihood(samples, x, 0.3)
    np.testing.assert_allclose(got.mean, densities.mean(), rtol=1e-5)
    np.testing.assert_allclose(got.standard_error, densities.std() / 50**0.5, rtol=1e-3)
    assert got.num == 50
    assert str(parzen.LogLikelihood(225.04, 2.0, 10_000)).startswith("225.0 ± 2.0 nats")


def test_bandwidth_is_the_argmax():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    grid = np.logspace(-1, 0, 10)
    scores = [reference(samples, x, sigma).mean() for sigma in grid]
    best = parzen.select_bandwidth(samples, x)
    assert best.index == np.argmax(scores)
    assert best.sigma == grid[best.index]
    assert not best.at_edge
    np.testing.assert_allclose(best.log_likelihoods, scores, rtol=1e-5)


def test_bandwidth_at_an_edge_warns():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    with pytest.warns(UserWarning, match=r"sigma = 0.010 \(2 of 2\) lies at an edge"):
        best = parzen.select_bandwidth(samples, x, [0.001, 0.01])
    assert best.at_edge


def test_score_is_the_whole_protocol():
    samples, valid, test = RNG.normal(size=(3, 200, 2)).astype(np.float32)
    likelihood, bandwidth = parzen.score(samples, valid, test)
    assert bandwidth == parzen.select_bandwidth(samples, valid)[:2] + (
        bandwidth.log_likelihoods,
    )
    assert likelihood == parzen.log_likelihood(samples, test, bandwidth.sigma)


@pytest.mark.parametrize(
    ("samples", "x", "sigma", "message"),
    [
        (np.zeros((0, 2)), np.zeros((3, 2)), 1.0, r"Expected samples .* got \(0, 2\)"),
        (np.zeros((3, 2)), np.zeros(2), 1.0, r"Expected x .* got \(2,\)"),
        (np.zeros((3, 2)), np.zeros((3, 4)), 1.0, "got 2 and 4 values"),
        (np.full((3, 2), np.nan), np.zeros((3, 2)), 1.0, "finite samples"),
        (np.zeros((3, 2)), np.zeros((3, 2)), 0.0, "positive sigma"),
        (np.zeros((3, 2)), np.zeros((3, 2)), -1.0, "positive sigma"),
    ],
)
def test_bad_input(samples, x, sigma, message):
    with pytest.raises(ValueError, match=message):
        parzen.log_density(samples, x, sigma)
