"""Continuous noise distributions."""

import math

import jax
import jax.numpy as jnp

from advnet.sharding import constrain_batch
from advnet.types import Prior

Shape = int | tuple[int, ...]


def uniform(shape: Shape, *, half_width: float = math.sqrt(3.0)) -> Prior:
    """Build a prior of independent U(-half_width, half_width) coordinates.

    The default has unit variance and is the noise of the paper's MNIST experiment.

    Args:
      shape: Shape of one z; an int for a vector.
      half_width: Half the length of the interval.

    Returns:
      `prior(key, num) -> [num, *shape]`, float32.

    Examples:
      >>> uniform(100)(jax.random.key(0), 5).shape
      (5, 100)
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        z_shape = (num, *as_tuple(shape))
        z = jax.random.uniform(key, z_shape, jnp.float32, -half_width, half_width)
        return constrain_batch(z)

    return prior


def normal(shape: Shape) -> Prior:
    """Build a prior of independent N(0, 1) coordinates.

    Args:
      shape: Shape of one z; an int for a vector.

    Returns:
      `prior(key, num) -> [num, *shape]`, float32.

    Examples:
      >>> normal((4, 4, 1))(jax.random.key(0), 5).shape
      (5, 4, 4, 1)
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        return constrain_batch(
            jax.random.normal(key, (num, *as_tuple(shape)), jnp.float32)
        )

    return prior


def spherical(dim: int) -> Prior:
    """Build a uniform prior on the unit sphere: normal vectors divided by their norm.

    Args:
      dim: Number of coordinates of z.

    Returns:
      `prior(key, num) -> [num, dim]`, float32, each row of norm 1.

    Examples:
      >>> z = spherical(3)(jax.random.key(0), 2)
      >>> bool(jnp.allclose(jnp.linalg.norm(z, axis=1), 1.0))
      True
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        z = normal(dim)(key, num)
        return z / jnp.linalg.norm(z, axis=1, keepdims=True)

    return prior


def as_tuple(shape: Shape) -> tuple[int, ...]:
    """Return a shape as a tuple."""
    return (shape,) if isinstance(shape, int) else tuple(shape)
