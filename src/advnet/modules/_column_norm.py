"""Constraint on the norm of weight columns."""

import jax
import jax.numpy as jnp
import optax


def limit_column_norms(limit: float) -> optax.GradientTransformation:
    """Build an optimizer transformation that limits the norm of each unit's weights.

    Put the transformation last in an `optax.chain`. It rescales the columns of
    `params + updates` whose norm exceeds the limit.

    Args:
      limit: Maximum norm of a column of a kernel [inputs, units]; positive. The paper's
        TFD experiment uses 1.9365. Leaves that are not matrices are unchanged.

    Returns:
      An optax transformation without state.

    Raises:
      ValueError: If `limit` is not positive.

    Examples:
      >>> optimizer = optax.chain(optax.sgd(1.0), limit_column_norms(1.0))
      >>> params = {"kernel": jnp.array([[3.0, 0.3], [4.0, 0.4]])}
      >>> zeros = {"kernel": jnp.zeros((2, 2))}
      >>> updates, _ = optimizer.update(zeros, optimizer.init(params), params)
      >>> optax.apply_updates(params, updates)["kernel"].round(3).tolist()
      [[0.6..., 0.3...], [0.8..., 0.4...]]

    References:
      Srivastava et al. 2014, section 5.1.
    """
    if limit <= 0:
        raise ValueError(f"Expected a positive column norm, got {limit}.")

    def limit_columns(update: jax.Array, param: jax.Array) -> jax.Array:
        if param.ndim != 2:
            return update
        new_param = param + update
        norms = jnp.linalg.norm(new_param, axis=0, keepdims=True)
        # The update of a column below the limit is unchanged, without rounding.
        return jnp.where(norms > limit, new_param * (limit / norms) - param, update)

    def update(updates, state, params=None):
        if params is None:
            raise ValueError("limit_column_norms needs params; pass them to update().")
        return jax.tree.map(limit_columns, updates, params), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
