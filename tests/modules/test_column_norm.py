import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet.modules import limit_column_norms


def test_only_columns_above_the_limit_are_rescaled():
    optimizer = optax.chain(optax.sgd(1.0), limit_column_norms(2.0))
    params = {"kernel": jnp.array([[0.0, 0.1], [0.0, 0.2]]), "bias": jnp.array([9.0])}
    gradient = {"kernel": jnp.array([[-3.0, 0.0], [-4.0, -0.1]]), "bias": jnp.ones(1)}
    updates, _ = optimizer.update(gradient, optimizer.init(params), params)
    new_params = optax.apply_updates(params, updates)
    np.testing.assert_allclose(new_params["kernel"][:, 0], [1.2, 1.6], rtol=1e-6)
    np.testing.assert_array_equal(
        new_params["kernel"][:, 1], jnp.array([0.1, 0.2 + 0.1])
    )
    np.testing.assert_array_equal(new_params["bias"], [8.0])


def test_requires_parameters_and_a_positive_limit():
    with pytest.raises(ValueError, match="positive column norm, got 0"):
        limit_column_norms(0)
    with pytest.raises(ValueError, match="needs params"):
        limit_column_norms(1.0).update({}, optax.EmptyState())
