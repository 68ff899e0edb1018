"""Copies are found; honest samples are not accused."""

import numpy as np
import pytest

from advnet.evaluation import memorization


def three(n=400, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(3, n, d))


def test_neighbors_by_brute_force_with_an_offset():
    train, samples, _ = three(1203) + 100.0
    got = memorization.nearest(train, samples)
    pairs = np.linalg.norm(samples[:, None] - train, axis=-1)
    np.testing.assert_array_equal(got.indices, pairs.argmin(axis=1))
    np.testing.assert_allclose(got.distances, pairs.min(axis=1), atol=1e-4)


def test_exact_copies_have_distance_zero():
    train, samples, _ = three()
    samples[7] = train[3]
    got = memorization.nearest(train, samples)
    assert got.duplicates(closer_than=1e-6).tolist() == [7]


def test_copying_by_definition_with_ties():
    train = np.zeros((2, 1))
    got = memorization.data_copying(
        train, np.array([[1.0], [2.0]]), np.array([[1.0], [3.0], [0.5]])
    )
    # Wins of samples over held-out: 1 ties 1 and beats 2, 3 loses both, .5 beats both.
    assert got.value == pytest.approx((1.5 + 0 + 2) / 6)


def test_honest_samples_are_not_accused():
    p = np.array(
        [memorization.data_copying(*three(seed=seed)).p_value for seed in range(40)]
    )
    assert np.mean(p < 0.05) <= 0.2
    assert 0.3 < np.mean(p) < 0.7


def test_a_thief_is():
    train, held_out, noise = three()
    got = memorization.data_copying(train, held_out, train + 0.05 * noise)
    assert got.value > 0.8
    assert got.p_value < 1e-6
    assert (got.num_real, got.num_fake, got.name) == (400, 400, "copying")


def test_bad_input():
    train, held_out, samples = three()
    with pytest.raises(ValueError, match="of one size"):
        memorization.data_copying(train, held_out[:, :1], samples)
    with pytest.raises(ValueError, match="finite"):
        memorization.nearest(train, samples * np.inf)
