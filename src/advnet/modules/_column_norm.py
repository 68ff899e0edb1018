import jax
import jax.numpy as jnp
import optax


def limit_column_norms(limit: float) -> optax.GradientTransformation:
    """Keeps the weights into each unit inside a ball, after every update.

    Chain it last: it shortens the columns of `params + updates` that grew too long.

    Args:
      limit: The largest norm of a column of a kernel [inputs, units]; positive. The
        paper's TFD experiment uses 1.9365. Leaves of another rank are left alone.

    Returns:
      An optax transformation without state.

    Raises:
      ValueError: If `limit` is not positive.

    Examples:
      >>> optimizer = optax.chain(optax.sgd(1.0), limit_column_norms(1.0))
      >>> params = {"kernel": jnp.array([[3.0, 0.3], [4.0, 0.4]])}
      >>> still = {"kernel": jnp.zeros((2, 2))}
      >>> updates, _ = optimizer.update(still, optimizer.init(params), params)
      >>> optax.apply_updates(params, updates)["kernel"].round(3).tolist()
      [[0.6..., 0.3...], [0.8..., 0.4...]]

    References:
      Srivastava et al. 2014, section 5.1.
    """
    if limit <= 0:
        raise ValueError(f"Expected a positive column norm, got {limit}.")

    def shorten(update: jax.Array, param: jax.Array) -> jax.Array:
        if param.ndim != 2:
            return update
        moved = param + update
        norms = jnp.linalg.norm(moved, axis=0, keepdims=True)
        # Columns inside the ball keep their update as it is, without rounding.
        return jnp.where(norms > limit, moved * (limit / norms) - param, update)

    def update(updates, state, params=None):
        if params is None:
            raise ValueError("limit_column_norms needs params; pass them to update().")
        return jax.tree.map(shorten, updates, params), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
