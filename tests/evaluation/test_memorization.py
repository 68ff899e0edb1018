"""Nearest training examples, and the test for copies."""

import numpy as np
import pytest

from advnet.evaluation import memorization


def three_sets(n=400, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(3, n, d))


def test_neighbors_agree_with_brute_force_far_from_the_origin():
    train, samples, _ = three_sets(1203) + 100.0
    neighbors = memorization.nearest(train, samples)
    distances = np.linalg.norm(samples[:, None] - train, axis=-1)
    np.testing.assert_array_equal(neighbors.indices, distances.argmin(axis=1))
    np.testing.assert_allclose(neighbors.distances, distances.min(axis=1), atol=1e-4)


def test_exact_copies_have_distance_zero():
    train, samples, _ = three_sets()
    samples[7] = train[3]
    neighbors = memorization.nearest(train, samples)
    assert neighbors.duplicates(closer_than=1e-6).tolist() == [7]


def test_the_value_by_definition_with_ties():
    train = np.zeros((2, 1))
    result = memorization.data_copying(
        train, np.array([[1.0], [2.0]]), np.array([[1.0], [3.0], [0.5]])
    )
    # Of the held-out examples, sample 1 ties with 1 and is nearer than 2, sample 3 is
    # nearer than none, and sample .5 is nearer than both.
    assert result.value == pytest.approx((1.5 + 0 + 2) / 6)


def test_samples_of_a_good_model_are_not_called_copies():
    p_values = np.array(
        [
            memorization.data_copying(*three_sets(seed=seed)).p_value
            for seed in range(40)
        ]
    )
    assert np.mean(p_values < 0.05) <= 0.2
    assert 0.3 < np.mean(p_values) < 0.7


def test_copies_with_small_noise_are_called_copies():
    train, held_out, noise = three_sets()
    result = memorization.data_copying(train, held_out[:300], train + 0.05 * noise)
    assert result.value > 0.8
    assert result.p_value == 1 / 2_000  # the smallest
    assert (result.num_real, result.num_fake, result.name) == (300, 400, "copying")


def test_bad_input():
    train, held_out, samples = three_sets()
    with pytest.raises(ValueError, match="of one size"):
        memorization.data_copying(train, held_out[:, :1], samples)
    with pytest.raises(ValueError, match="finite"):
        memorization.nearest(train, samples * np.inf)
