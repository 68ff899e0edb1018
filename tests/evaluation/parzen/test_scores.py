"""Likelihoods, bandwidths and the table they stand in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp

from advnet import parzen

RNG = np.random.default_rng(0)


def densities(samples, x, sigmas):
    return np.asarray(parzen.log_density(samples, x, sigmas), np.float64)


def test_standard_error_is_over_examples():
    samples, x = RNG.uniform(size=(2, 50, 7)).astype(np.float32)
    each = densities(samples, x, 0.3)
    got = parzen.log_likelihood(samples, x, 0.3)
    np.testing.assert_allclose(got.mean, each.mean(), rtol=1e-6)
    np.testing.assert_allclose(
        got.standard_error, each.std(ddof=1) / 50**0.5, rtol=1e-6
    )
    assert got.num == 50
    assert str(parzen.LogLikelihood(225.04, 2.0, 10_000)).startswith("225.0 ± 2.0 nats")


def test_across_folds():
    scores = [parzen.LogLikelihood(mean, 9.0, 10) for mean in (1.0, 2.0, 3.0)]
    mean, error, num = parzen.across_folds(scores)
    assert (mean, num) == (2.0, 30)
    np.testing.assert_allclose(error, 1 / 3**0.5)
    with pytest.raises(ValueError, match="at least two folds, got 1"):
        parzen.across_folds(scores[:1])


def test_bandwidth_is_the_argmax():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    scores = densities(samples, x, np.logspace(-1, 0, 10)).mean(axis=1)
    best = parzen.select_bandwidth(samples, x)
    assert best.index == np.argmax(scores)
    assert best.sigma == np.logspace(-1, 0, 10)[best.index]
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
def test_refining_leaves_a_grid_that_was_too_narrow():
    samples, x = RNG.normal(size=(2, 200, 2)).astype(np.float32)
    coarse = parzen.select_bandwidth(samples, x, [0.1, 0.2])
    assert parzen.refine_bandwidth(samples, x, coarse).sigma > 0.25


def test_score_is_the_whole_protocol():
    samples, valid, test = RNG.normal(size=(3, 200, 2)).astype(np.float32)
    likelihood, bandwidth = parzen.score(samples, valid, test)
    assert bandwidth.sigma == parzen.select_bandwidth(samples, valid).sigma
    assert likelihood == parzen.log_likelihood(samples, test, bandwidth.sigma)


def test_table_has_its_rows():
    train = RNG.normal(size=(1000, 2)).astype(np.float32)
    samples, valid, test = RNG.normal(size=(3, 300, 2)).astype(np.float32)
    table = parzen.table(samples, train, valid, test)
    assert list(table.rows) == ["samples", "true data", "k-means"]
    scores = [row.log_likelihood.mean for row in table.rows.values()]
    np.testing.assert_allclose(scores, -2.85, atol=0.15)


def test_table_says_that_blur_is_rewarded_and_samples_are_few():
    """In 200 dimensions the middle of the data beats the data, at one center each."""
    train, valid, test = RNG.uniform(size=(3, 100, 200)).astype(np.float32)
    middle = 0.5 + 0.3 * (RNG.uniform(size=(100, 200)).astype(np.float32) - 0.5)
    table = parzen.table(middle, train, valid, test, [0.05, 0.1, 0.2, 0.3, 0.5])
    assert "k-means" not in table.rows  # as many centers as examples
    assert any("rewards blur" in note for note in table.notes)
    few = parzen.table(train, train, valid, test, [0.1, 0.3, 2.0])
    assert any("too few in 200 dimensions" in note for note in few.notes)
    assert "too few" in str(few)


def test_stream_is_the_window_of_everything_drawn():
    x = RNG.normal(size=(33, 5)).astype(np.float32)
    draw = lambda key, num: jax.random.normal(key, (num, 5))
    key = jax.random.key(0)
    got = parzen.log_density_of_stream(
        draw, x, [0.3, 0.5], num_samples=400, key=key, draw_size=100, batch_size=10
    )
    drawn = jnp.concatenate([draw(each, 100) for each in jax.random.split(key, 4)])
    want = parzen.log_density(drawn, x, [0.3, 0.5])
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-4)


def test_stream_reaches_the_closed_form():
    """A million draws of N(0, I_2), sigma .2, at the origin: N(0, 1.04 I_2)."""
    draw = lambda key, num: jax.random.normal(key, (num, 2))
    got = parzen.log_density_of_stream(
        draw, np.zeros((1, 2)), 0.2, num_samples=1_000_000, key=jax.random.key(0)
    )
    # A share of .04 of the draws counts: an error of about 1 / 200.
    np.testing.assert_allclose(got, -np.log(2 * np.pi * 1.04), atol=0.02)


def test_stream_refuses_what_it_cannot_draw():
    draw = lambda key, num: jax.random.normal(key, (num, 3))
    with pytest.raises(ValueError, match="multiple of draw_size = 10"):
        parzen.log_density_of_stream(
            draw, np.zeros((1, 3)), 1.0, num_samples=15, key=None, draw_size=10
        )
    with pytest.raises(ValueError, match="got 3 and 2 values"):
        parzen.log_density_of_stream(
            draw, np.zeros((1, 2)), 1.0, num_samples=5, key=jax.random.key(0)
        )
