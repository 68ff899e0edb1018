import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import priors

NUM = 200_000


@pytest.mark.parametrize("prior", [priors.uniform(3), priors.normal(3)])
def test_unit_variance(prior):
    z = prior(jax.random.key(0), NUM)
    assert z.shape == (NUM, 3)
    assert z.dtype == jnp.float32
    # Standard errors of mean and variance are below 1.5 / sqrt(NUM) = 0.0034.
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.014)
    np.testing.assert_allclose(z.var(axis=0), 1, atol=0.014)


def test_uniform_is_bounded():
    z = priors.uniform((2, 2))(jax.random.key(0), 1000)
    assert z.shape == (1000, 2, 2)
    assert jnp.abs(z).max() <= 3**0.5
    z = priors.uniform(2, half_width=1.0)(jax.random.key(0), 1000)
    assert jnp.abs(z).max() <= 1


def test_spherical_has_unit_norm_and_is_isotropic():
    z = priors.spherical(5)(jax.random.key(0), NUM)
    np.testing.assert_allclose(jnp.linalg.norm(z, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(z.T @ z / NUM, np.eye(5) / 5, atol=0.003)
