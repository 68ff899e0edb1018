"""Modes found, their quality and balance."""

import numpy as np
import pytest

from advnet.evaluation import modes

MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def test_a_perfect_sampler():
    rng = np.random.default_rng(0)
    x = np.repeat(MEANS, 10_000, axis=0)
    got = modes.of_mixture(x + 0.1 * rng.normal(size=x.shape), MEANS, 0.1)
    assert got.found == 3
    assert got.quality == pytest.approx(1 - np.exp(-4.5), abs=4 * got.quality_error)
    assert got.reverse_kl == pytest.approx(0, abs=1e-12)


def test_what_is_far_counts_at_its_nearest_for_the_balance_alone():
    got = modes.of_mixture(np.array([[0.0, 0.0], [2.0, 0.31]]), MEANS, 0.1)
    assert got.counts.tolist() == [1, 0, 0]
    assert (got.found, got.quality) == (1, 0.5)
    assert got.reverse_kl == pytest.approx(np.log(3 / 2))


def test_stacked_mnist_of_a_perfect_sampler():
    """26,000 draws: .0238, sd .0010, as digits are not equally frequent in MNIST."""
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    rng, share = np.random.default_rng(0), np.array(counts) / 60_000
    digits = rng.choice(10, size=(10, 26_000, 3), p=share)
    kl = [modes.of_labels(d @ [100, 10, 1], 1000).reverse_kl for d in digits]
    assert np.mean(kl) == pytest.approx(0.0238, abs=4 * 0.001 / 10**0.5)


def test_bad_input():
    with pytest.raises(ValueError, match=r"samples \[n, d\] and means \[k, d\]"):
        modes.of_mixture(np.zeros((5, 3)), MEANS, 0.1)
    with pytest.raises(ValueError, match="sd > 0"):
        modes.of_mixture(np.zeros((5, 2)), MEANS, 0.0)
    with pytest.raises(ValueError, match=r"in \[0, 10\)"):
        modes.of_labels(np.array([3, 10]), 10)
