"""Hamiltonian moves compared with the exact law of a linear decoder."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.evaluation.ais import _hmc

pytestmark = pytest.mark.ci

SIGMA = 0.7


def exact_chains(num, temperature):
    """Draw z from the law at a temperature, for a linear decoder.

    Returns:
      The misfit, z [num, 2], and the mean and covariance of the law.
    """
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(2, 3)), rng.normal(size=3)
    x = np.array([1.0, -2.0, 0.5])
    decode = lambda z: z @ jnp.float32(weights) + jnp.float32(bias)[None]
    precision = np.eye(2) + temperature * weights @ weights.T / SIGMA**2
    covariance = np.linalg.inv(precision)
    mean = covariance @ weights @ (x - bias) * temperature / SIGMA**2
    z = rng.multivariate_normal(mean, covariance, num)
    return (
        _hmc.misfit_of(decode, jnp.float32(x), SIGMA),
        jnp.float32(z),
        mean,
        covariance,
    )


def test_every_chain_has_its_own_gradient():
    """The gradient of ||z||²/2 + misfit is that of the exact log-density."""
    misfit, z, mean, covariance = exact_chains(5, 1.0)
    gradient = (np.asarray(z) - mean) @ np.linalg.inv(covariance) - np.asarray(z)
    chains = _hmc.evaluate(misfit, z)
    np.testing.assert_allclose(chains.gradient, gradient, rtol=1e-4, atol=1e-4)


def test_short_steps_are_almost_always_accepted():
    """The error of the energy is of second order: half the step, a quarter of it."""
    misfit, z, *_ = exact_chains(2_000, 0.5)
    chains = _hmc.evaluate(misfit, z)

    def refused(step_size):
        _, acceptance = _hmc.move(
            jax.random.key(0), chains, misfit, jnp.float32(0.5), step_size, 10
        )
        return float(1 - acceptance.mean())

    coarse, fine = refused(0.4), refused(0.2)
    assert 0 < fine < coarse / 3
    assert fine < 0.05


@pytest.mark.parametrize("exact_start", [True, False])
def test_moves_leave_the_right_law(exact_start):
    """Means and covariances of 20,000 chains are exact in spite of long steps."""
    misfit, z, mean, covariance = exact_chains(20_000, 0.5)
    start = _hmc.evaluate(misfit, z if exact_start else jnp.full_like(z, 3.0))

    def move(chains, key):
        return _hmc.move(key, chains, misfit, jnp.float32(0.5), jnp.float32(0.8), 3)

    keys = jax.random.split(jax.random.key(1), 5 if exact_start else 40)
    end, acceptance = jax.lax.scan(move, start, keys)
    assert 0.4 < acceptance.mean() < 0.95
    z = np.asarray(end.z, np.float64)
    spread = np.sqrt(np.diag(covariance))
    errors = (z.mean(axis=0) - mean) / spread
    np.testing.assert_allclose(errors, 0, atol=4 / 20_000**0.5)
    # The standard error of a correlation or a relative variance is at most √(2/n).
    errors = (np.cov(z, rowvar=False) - covariance) / np.outer(spread, spread)
    np.testing.assert_allclose(errors, 0, atol=4 * (2 / 20_000) ** 0.5)


def test_moves_to_nan_are_refused():
    misfit = lambda z: jnp.where(jnp.sum(z**2) > 0.1, jnp.nan, 0.0)
    chains = _hmc.evaluate(misfit, jnp.zeros((50, 2)))
    one = jnp.float32(1.0)
    end, acceptance = _hmc.move(jax.random.key(0), chains, misfit, one, one, 1)
    refused = np.asarray(acceptance) == 0
    assert refused.any()
    np.testing.assert_array_equal(end.z[refused], 0)
    assert np.isfinite(end.misfit).all()


def test_products_keep_the_precision_of_float32():
    """A GPU otherwise rounds the factors of the decoder and of the kinetic energy."""
    misfit, z, *_ = exact_chains(3, 1.0)
    chains = _hmc.evaluate(misfit, z)
    one = jnp.float32(1.0)
    move = lambda key, chains: _hmc.move(key, chains, misfit, one, one, 2)
    program = str(jax.make_jaxpr(move)(jax.random.key(0), chains))
    products = program.count("dot_general[")
    assert products >= 4
    assert program.count("precision=(Precision.HIGHEST") == products
