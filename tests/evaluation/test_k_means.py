"""K-means against its definition and scikit-learn."""

import numpy as np
import pytest

from advnet.evaluation._k_means import k_means


def cost(x, centers):
    return ((x[:, None] - centers) ** 2).sum(axis=-1).min(axis=1).mean()


def test_separated_clusters_far_from_the_origin():
    rng = np.random.default_rng(0)
    means = 10.0 * np.arange(6)[:, None] + 1000
    x = np.repeat(means, 100, axis=0) + 0.1 * rng.normal(size=(600, 1))
    # A single random start may leave a cluster without a center.
    runs = [k_means(x, 6, seed=seed) for seed in range(10)]
    best = min(runs, key=lambda centers: cost(x, centers))
    np.testing.assert_allclose(np.sort(best, axis=0), means, atol=0.05)


def test_a_fixed_point_is_the_mean_of_its_examples():
    x = np.random.default_rng(0).normal(size=(1203, 5))
    centers = k_means(x, 7, num_steps=500)
    owners = ((x[:, None] - centers) ** 2).sum(axis=-1).argmin(axis=1)
    means = [x[owners == index].mean(axis=0) for index in range(7)]
    np.testing.assert_allclose(centers, means, atol=1e-5)


def test_centers_are_those_of_scikit_learn():
    """From the same initial centers, Lloyd's algorithm gives the same centers."""
    cluster = pytest.importorskip("sklearn.cluster")
    x = np.random.default_rng(0).normal(size=(800, 4)).astype(np.float32)
    start = x[np.random.default_rng(5).choice(800, 20, replace=False)]
    reference = cluster.KMeans(20, init=start, n_init=1, max_iter=300, tol=0).fit(x)
    centers = k_means(x, 20, num_steps=300, seed=5)
    np.testing.assert_allclose(centers, reference.cluster_centers_, atol=1e-5)
    assert cost(x, centers) == pytest.approx(reference.inertia_ / 800, rel=1e-5)


def test_every_center_has_an_example():
    """Of 100 examples 97 are equal, so random initial centers coincide."""
    x = np.concatenate([np.zeros((97, 2)), [[1, 0], [0, 1], [5, 5]]])
    centers = k_means(x, 4, num_steps=10)
    assert cost(x, centers) == pytest.approx(0, abs=1e-12)


def test_fewer_different_examples_than_centers():
    assert np.isfinite(k_means(np.ones((10, 3)), 5)).all()
    np.testing.assert_array_equal(k_means(np.ones((1, 3)), 1), np.ones((1, 3)))


def test_seeds():
    x = np.random.default_rng(0).normal(size=(100, 2))
    np.testing.assert_array_equal(k_means(x, 9, seed=3), k_means(x, 9, seed=3))
    assert not np.array_equal(k_means(x, 9, seed=3), k_means(x, 9, seed=4))


def test_bad_input():
    with pytest.raises(ValueError, match=r"n >= k = 4, got \(3, 2\)"):
        k_means(np.zeros((3, 2)), 4)
    with pytest.raises(ValueError, match="k >= 1, got 0"):
        k_means(np.zeros((3, 2)), 0)
