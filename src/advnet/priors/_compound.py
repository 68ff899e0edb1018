"""Noise made of parts: classes, several kinds side by side."""

import jax
import jax.numpy as jnp

from advnet.sharding import constrain_batch
from advnet.types import Prior


def categorical(num_classes: int) -> Prior:
    """One of several classes, equally likely, as a one-hot vector.

    Args:
      num_classes: How many.

    Returns:
      `prior(key, num) -> [num, num_classes]`, float32.

    Examples:
      >>> categorical(3)(jax.random.key(0), 5).sum(axis=1).tolist()
      [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        drawn = jax.random.randint(key, (num,), 0, num_classes)
        return constrain_batch(jax.nn.one_hot(drawn, num_classes, dtype=jnp.float32))

    return prior


def concatenated(*parts: Prior) -> Prior:
    """Independent parts side by side: noise and a code, as in InfoGAN.

    Args:
      *parts: Priors of vectors.

    Returns:
      `prior(key, num) -> [num, sum of the parts' lengths]`.

    Examples:
      >>> from advnet.priors import uniform
      >>> concatenated(uniform(62), categorical(10))(jax.random.key(0), 5).shape
      (5, 72)
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        keys = jax.random.split(key, len(parts))
        drawn = [part(key, num) for part, key in zip(parts, keys, strict=True)]
        return jnp.concatenate(drawn, axis=1)

    return prior
