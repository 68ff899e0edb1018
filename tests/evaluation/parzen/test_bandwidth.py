"""Selection of sigma from a grid, and its refinement."""

import numpy as np
import pytest
from scipy.special import logsumexp

from advnet import parzen

RNG = np.random.default_rng(0)


def test_bandwidth_is_the_argmax():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    grid = np.logspace(-1, 0, 10)
    densities = np.asarray(parzen.log_density(samples, x, grid), np.float64)
    scores = densities.mean(axis=1)
    best = parzen.select_bandwidth(samples, x)
    assert best.index == np.argmax(scores)
    assert best.sigma == grid[best.index]
    assert not best.at_edge
    np.testing.assert_allclose(best.log_likelihoods, scores, rtol=1e-5)


def test_bandwidth_at_an_edge_warns():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    with pytest.warns(UserWarning, match=r"sigma = 0.050 \(2 of 2\) lies at an edge"):
        best = parzen.select_bandwidth(samples, x, [0.02, 0.05])
    assert best.at_edge


def test_refined_bandwidth_is_the_best_of_a_fine_grid():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    coarse = parzen.select_bandwidth(samples, x)
    fine = parzen.refine_bandwidth(samples, x, coarse)
    grid = np.geomspace(0.1, 1, 1000)
    squares = ((samples[:, None] - x) ** 2).sum(axis=-1).astype(np.float64)
    scores = [
        logsumexp(-squares / (2 * sigma**2), axis=0).mean() - 2 * np.log(sigma)
        for sigma in grid
    ]
    best = grid[np.argmax(scores)]
    np.testing.assert_allclose(fine.sigma, best, rtol=0.005)
    assert max(fine.log_likelihoods) >= max(coarse.log_likelihoods)


@pytest.mark.filterwarnings("ignore:sigma")
def test_refined_bandwidth_leaves_a_grid_that_is_too_narrow():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    coarse = parzen.select_bandwidth(samples, x, [0.1, 0.2])
    assert parzen.refine_bandwidth(samples, x, coarse).sigma > 0.25


def test_refinement_needs_two_sigmas():
    samples, x = RNG.normal(size=(2, 20, 2)).astype(np.float32)
    single = parzen.select_bandwidth(samples, x, [0.3])
    assert not single.at_edge
    with pytest.raises(ValueError, match="at least two sigmas, got one"):
        parzen.refine_bandwidth(samples, x, single)
