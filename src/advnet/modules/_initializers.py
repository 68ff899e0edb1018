"""Initializers of weights and biases."""

import jax
import jax.numpy as jnp
import numpy as np
from flax.typing import Initializer


def symmetric_uniform(half_width: float) -> Initializer:
    """Build an initializer that draws weights from U(-half_width, half_width).

    The paper's code calls the half width `irange`.

    Args:
      half_width: Half the length of the interval.

    Returns:
      A flax initializer.

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
    """Build an initializer with N(0, 1) weights for random inputs of each unit.

    All other weights are 0.

    Args:
      num_inputs: Number of nonzero weights of each unit.

    Returns:
      A flax initializer.

    Examples:
      >>> init = sparse_normal(3)
      >>> (init(jax.random.key(0), (10, 2)) != 0).sum(axis=0).tolist()
      [3, 3]

    References:
      Martens 2010, section 5; the paper's TFD generator.
    """

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del out_sharding
        order_key, value_key = jax.random.split(key)
        order = jnp.argsort(jax.random.uniform(order_key, shape), axis=0)
        nonzero = jnp.argsort(order, axis=0) < num_inputs
        return jnp.where(nonzero, jax.random.normal(value_key, shape, dtype), 0)

    return init


def bias_from_marginals(examples: np.ndarray, *, margin: float = 1e-7) -> Initializer:
    """Build a bias initializer with which a sigmoid output equals the mean example.

    The bias of each value is the logit of its mean over the examples.

    Args:
      examples: Training data [n, ...], in [0, 1].
      margin: Means are clipped to [margin, 1 - margin].

    Returns:
      A flax initializer for the bias [prod(...)] of the output layer.

    Raises:
      ValueError: If the data are not in [0, 1].

    Examples:
      >>> init = bias_from_marginals(np.array([[0.0, 0.5], [1.0, 0.5]]))
      >>> init(jax.random.key(0), (2,)).tolist()
      [0.0, 0.0]
    """
    if np.min(examples) < 0 or np.max(examples) > 1:
        raise ValueError(
            f"Expected data in [0, 1], got [{np.min(examples):g}, "
            f"{np.max(examples):g}]. Scale the data to the range of a sigmoid."
        )
    means = np.mean(examples, axis=0, dtype=np.float64).ravel()
    means = np.clip(means, margin, 1 - margin)
    logits = np.log(means) - np.log1p(-means)

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del key, out_sharding
        return jnp.asarray(logits, dtype).reshape(shape)

    return init
