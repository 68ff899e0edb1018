"""Covered modes, their quality and their balance."""

import numpy as np
import pytest

from advnet.evaluation import modes

MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def test_a_perfect_sampler_of_a_mixture():
    rng = np.random.default_rng(0)
    x = np.repeat(MEANS, 10_000, axis=0)
    result = modes.of_mixture(x + 0.1 * rng.normal(size=x.shape), MEANS, 0.1)
    assert result.num_covered == 3
    quality = result.quality
    assert abs(quality.value - (1 - np.exp(-4.5))) < 4 * quality.standard_error
    assert quality.num_fake == 30_000
    assert result.reverse_kl.value == pytest.approx(0, abs=1e-12)


def test_distant_samples_count_only_for_the_balance():
    samples = np.array([[0.0, 0.0], [2.0, 0.31]])
    result = modes.of_mixture(samples, MEANS, 0.1)
    assert result.counts.tolist() == [1, 0, 0]
    assert (result.num_covered, result.quality.value) == (1, 0.5)
    assert result.reverse_kl.value == pytest.approx(np.log(3 / 2))


def test_stacked_mnist_of_a_perfect_sampler():
    """26,000 draws give .0238 with deviation .0010, because digits are unbalanced."""
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    rng, share = np.random.default_rng(0), np.array(counts) / 60_000
    digits = rng.choice(10, size=(10, 26_000, 3), p=share)
    results = [modes.of_labels(d @ [100, 10, 1], 1000).reverse_kl for d in digits]
    mean = np.mean([result.value for result in results])
    assert mean == pytest.approx(0.0238, abs=4 * 0.001 / 10**0.5)
    error = np.mean([result.standard_error for result in results])
    assert 0.001 < error < 1.5 * 0.001  # too large by up to sqrt(2)


def test_error_of_the_reverse_kl_of_unbalanced_modes():
    rng, share = np.random.default_rng(0), np.array([0.6, 0.3, 0.1])
    results = [
        modes.of_labels(rng.choice(3, 500, p=share), 3).reverse_kl for _ in range(200)
    ]
    spread = np.std([result.value for result in results], ddof=1)
    assert results[0].standard_error == pytest.approx(spread, rel=0.25)


def test_stacked_digits_are_read_channel_by_channel():
    images = np.arange(10)[:, None, None, None] * np.ones((10, 2, 2, 1))
    stacked = modes.stack(images, 500, seed=1)
    result = modes.of_stacked(stacked, lambda x: x[:, 0, 0, 0].astype(int))
    codes = stacked[:, 0, 0] @ [100, 10, 1]
    np.testing.assert_array_equal(np.flatnonzero(result.counts), np.unique(codes))
    assert len(np.unique(codes)) > 300  # 394 of 1,000 are expected
    assert (result.quality.num_fake, len(result.counts)) == (500, 1000)
    assert "of 1000 modes covered" in str(result)


def test_bad_input():
    with pytest.raises(ValueError, match=r"samples \[n, d\] and means \[k, d\]"):
        modes.of_mixture(np.zeros((5, 3)), MEANS, 0.1)
    with pytest.raises(ValueError, match="sd > 0"):
        modes.of_mixture(np.zeros((5, 2)), MEANS, 0.0)
    with pytest.raises(ValueError, match="Expected finite samples"):
        modes.of_mixture(np.full((5, 2), np.nan), MEANS, 0.1)
    for labels in ([3, 10], [-1], [0.5], []):
        with pytest.raises(ValueError, match=r"in \[0, 10\)"):
            modes.of_labels(np.array(labels), 10)
    with pytest.raises(ValueError, match=r"\[n, h, w, 3\]"):
        modes.of_stacked(np.zeros((5, 2, 2, 1)), len)
    with pytest.raises(ValueError, match="digits 0 to 9"):
        modes.of_stacked(np.zeros((5, 2, 2, 3)), lambda x: np.full(len(x), 10))
    with pytest.raises(ValueError, match=r"\[n, h, w, 1\]"):
        modes.stack(np.zeros((5, 2, 2, 3)), 4)
