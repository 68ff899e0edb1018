import jax
import jax.numpy as jnp
import numpy as np
from flax.typing import Initializer


def symmetric_uniform(half_width: float) -> Initializer:
    """Weights from U(-half_width, half_width), the paper's `irange`.

    Examples:
      >>> init = symmetric_uniform(0.05)
      >>> bool(jnp.abs(init(jax.random.key(0), (10, 10))).max() <= 0.05)
      True
    """

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del out_sharding
        return jax.random.uniform(key, shape, dtype, -half_width, half_width)

    return init


def sparse_normal(num_inputs: int) -> Initializer:
    """Weights from N(0, 1) for some inputs of each unit, at random; 0 for the others.

    Args:
      num_inputs: Of each unit, at most as many as there are.

    Examples:
      >>> init = sparse_normal(3)
      >>> (init(jax.random.key(0), (10, 2)) != 0).sum(axis=0).tolist()
      [3, 3]

    References:
      Martens 2010, section 5; the paper's TFD generator.
    """

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del out_sharding
        which_key, value_key = jax.random.split(key)
        order = jnp.argsort(jax.random.uniform(which_key, shape), axis=0)
        chosen = jnp.argsort(order, axis=0) < num_inputs
        return jnp.where(chosen, jax.random.normal(value_key, shape, dtype), 0)

    return init


def bias_from_marginals(examples: np.ndarray, *, margin: float = 1e-7) -> Initializer:
    """Starts a sigmoid output at the mean of each pixel: its bias is their logit.

    Args:
      examples: Training data [n, ...], in [0, 1].
      margin: Means are clipped to [margin, 1 - margin].

    Returns:
      An initializer for the bias of a flat output, [prod(...)].

    Raises:
      ValueError: If the data leave [0, 1].

    Examples:
      >>> init = bias_from_marginals(np.array([[0.0, 0.5], [1.0, 0.5]]))
      >>> init(jax.random.key(0), (2,)).tolist()
      [0.0, 0.0]
    """
    if np.min(examples) < 0 or np.max(examples) > 1:
        raise ValueError(
            f"Expected data in [0, 1], got [{np.min(examples):g}, "
            f"{np.max(examples):g}]. Scale it first; a sigmoid reaches nothing else."
        )
    means = np.mean(examples, axis=0, dtype=np.float64).ravel()
    means = np.clip(means, margin, 1 - margin)
    logits = np.log(means) - np.log1p(-means)

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del key, out_sharding
        return jnp.asarray(logits, dtype).reshape(shape)

    return init
