import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet.modules import limit_column_norms


def test_long_columns_are_shortened_and_others_untouched():
    optimizer = optax.chain(optax.sgd(1.0), limit_column_norms(2.0))
    params = {"kernel": jnp.array([[0.0, 0.1], [0.0, 0.2]]), "bias": jnp.array([9.0])}
    gradient = {"kernel": jnp.array([[-3.0, 0.0], [-4.0, -0.1]]), "bias": jnp.ones(1)}
    updates, _ = optimizer.update(gradient, optimizer.init(params), params)
    moved = optax.apply_updates(params, updates)
    np.testing.assert_allclose(moved["kernel"][:, 0], [1.2, 1.6], rtol=1e-6)
    np.testing.assert_array_equal(moved["kernel"][:, 1], jnp.array([0.1, 0.2 + 0.1]))
    np.testing.assert_array_equal(moved["bias"], [8.0])


def test_needs_parameters_and_a_positive_limit():
    with pytest.raises(ValueError, match="positive column norm, got 0"):
        limit_column_norms(0)
    with pytest.raises(ValueError, match="needs params"):
        limit_column_norms(1.0).update({}, optax.EmptyState())
