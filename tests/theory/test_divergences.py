"""Divergences against exact values: Gaussians, Bernoulli, disjoint supports."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import theory


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


def gaussian(mean, sd):
    x = np.linspace(-30, 30, 200_001)
    density = np.exp(-((x - mean) ** 2) / (2 * sd**2)) / (sd * np.sqrt(2 * np.pi))
    return jnp.asarray(density * (x[1] - x[0]))


@pytest.mark.parametrize(
    ("mean", "sd", "expected"),
    [
        (0.5, 1, 0.0303113005),
        (1, 1, 0.1114214822),
        (2, 1, 0.3368308203),
        (3, 1, 0.5267773065),
        (4, 1, 0.6327201937),
        (0, 2, 0.0927333817),
        (0, 3, 0.1864940191),
    ],
)
def test_jensen_shannon_of_gaussians(mean, sd, expected):
    divergence = theory.jensen_shannon(gaussian(0, 1), gaussian(mean, sd))
    np.testing.assert_allclose(divergence, expected, atol=1e-10)


def test_closed_forms_of_gaussians():
    """Compare N(0, 1) with N(1, 1)."""
    p, q = gaussian(0, 1), gaussian(1, 1)
    np.testing.assert_allclose(theory.kl(p, q), 0.5, atol=1e-9)
    np.testing.assert_allclose(theory.reverse_kl(p, q), 0.5, atol=1e-9)
    np.testing.assert_allclose(theory.pearson(p, q), np.exp(1) - 1, rtol=1e-6)
    hellinger = 2 - 2 * np.exp(-1 / 8)
    np.testing.assert_allclose(theory.squared_hellinger(p, q), hellinger, atol=1e-9)
    variation = 2 * 0.6914624613 - 1  # Phi(1/2)
    np.testing.assert_allclose(theory.total_variation(p, q), variation, atol=1e-8)


def test_jensen_shannon_of_bernoulli_distributions():
    p, q = jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])
    np.testing.assert_allclose(theory.jensen_shannon(p, q), 0.1017492251, atol=1e-10)


def test_bounds_at_disjoint_supports():
    p, q = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
    np.testing.assert_allclose(theory.jensen_shannon(p, q), np.log(2), rtol=1e-15)
    assert theory.squared_hellinger(p, q) == 2
    assert theory.le_cam(p, q) == 2
    assert theory.total_variation(p, q) == 1
    assert theory.kl(p, q) == np.inf


def test_wasserstein_is_the_distance_of_two_points():
    assert theory.wasserstein(jnp.eye(5)[0], jnp.eye(5)[4]) == 4
