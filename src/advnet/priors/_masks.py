"""Priors of masks for `games.inpainting`: boolean, True where a value is known."""

import jax
import jax.numpy as jnp

from advnet.priors._priors import Shape, as_tuple
from advnet.sharding import constrain_batch
from advnet.types import Prior


def bernoulli_mask(shape: Shape, *, keep: float | tuple[float, float] = 0.5) -> Prior:
    """Build a prior of masks whose values are independent Bernoulli draws.

    Args:
      shape: Shape of an example; an int for a vector.
      keep: Probability that a value is known, or an interval (low, high) from which
        the probability of each example is drawn uniformly.

    Returns:
      `masks(key, num) -> bool [num, *shape]`.

    Raises:
      ValueError: If a probability is outside [0, 1].

    Examples:
      >>> bernoulli_mask(3)(jax.random.key(0), 5).shape
      (5, 3)
    """
    low, high = keep if isinstance(keep, tuple) else (keep, keep)
    if not 0 <= low <= high <= 1:
        raise ValueError(f"Expected keep in [0, 1], in order, got {keep}.")

    def masks(key: jax.Array, num: int) -> jax.Array:
        rate_key, key = jax.random.split(key)
        ones = (1,) * len(as_tuple(shape))
        rate = jax.random.uniform(rate_key, (num, *ones), jnp.float32, low, high)
        draws = jax.random.uniform(key, (num, *as_tuple(shape)))
        return constrain_batch(draws < jnp.broadcast_to(rate, draws.shape))

    return masks


def half_mask(shape: tuple[int, ...]) -> Prior:
    """Build a prior of masks that keep a random half of an image.

    The half is the left, right, top or bottom one, with equal probability.

    Args:
      shape: Shape of an image, (h, w, c).

    Returns:
      `masks(key, num) -> bool [num, h, w, c]`.

    Raises:
      ValueError: If `shape` is not the shape of an image.

    Examples:
      >>> half_mask((4, 4, 1))(jax.random.key(0), 5).sum(axis=(1, 2, 3)).tolist()
      [8, 8, 8, 8, 8]
    """
    _check_image_shape(shape)
    height, width, _ = shape
    rows, columns = jnp.indices((height, width))
    halves = jnp.stack(
        [
            columns < width // 2,
            columns >= width // 2,
            rows < height // 2,
            rows >= height // 2,
        ]
    )

    def masks(key: jax.Array, num: int) -> jax.Array:
        half = halves[jax.random.randint(key, (num,), 0, len(halves))]
        return constrain_batch(jnp.broadcast_to(half[..., None], (num, *shape)))

    return masks


def block_mask(shape: tuple[int, ...], size: int | tuple[int, int]) -> Prior:
    """Build a prior of masks that hide a block at a random position in an image.

    Args:
      shape: Shape of an image, (h, w, c).
      size: (height, width) of the block in pixels, or an int for a square.

    Returns:
      `masks(key, num) -> bool [num, h, w, c]`.

    Raises:
      ValueError: If `shape` is not the shape of an image, or the block does not fit.

    Examples:
      >>> masks = block_mask((6, 6, 1), 3)(jax.random.key(0), 2)
      >>> (~masks).sum(axis=(1, 2, 3)).tolist()
      [9, 9]
    """
    block_height, block_width = size if isinstance(size, tuple) else (size, size)
    _check_image_shape(shape)
    height, width, _ = shape
    if not (0 < block_height <= height and 0 < block_width <= width):
        raise ValueError(f"Expected a block within {height} x {width}, got {size}.")
    rows, columns = jnp.indices((height, width))

    def masks(key: jax.Array, num: int) -> jax.Array:
        row_key, column_key = jax.random.split(key)
        corner = (num, 1, 1)
        top = jax.random.randint(row_key, corner, 0, height - block_height + 1)
        start = jax.random.randint(column_key, corner, 0, width - block_width + 1)
        hidden = _within(rows, top, block_height) & _within(columns, start, block_width)
        return constrain_batch(jnp.broadcast_to(~hidden[..., None], (num, *shape)))

    return masks


def _within(indices: jax.Array, start: jax.Array, length: int) -> jax.Array:
    """Return, for each start [num, 1, 1], whether an index is in the interval."""
    indices = jnp.broadcast_to(indices[None], (start.shape[0], *indices.shape))
    return (indices >= start) & (indices < start + length)


def _check_image_shape(shape: tuple[int, ...]) -> None:
    """Raise ValueError if `shape` is not (h, w, c)."""
    if len(shape) != 3:
        raise ValueError(f"Expected the shape of one image, (h, w, c), got {shape}.")
