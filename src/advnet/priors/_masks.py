"""Which values are known: priors of masks for `games.inpainting`, True where known."""

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.priors._priors import Shape, as_tuple
from advnet.sharding import constrain_batch
from advnet.types import Prior


def bernoulli_mask(shape: Shape, *, keep: float | tuple[float, float] = 0.5) -> Prior:
    """Each value known or not by itself.

    Args:
      shape: Shape of one example; an int for a vector.
      keep: Probability that a value is known, or an interval from which each example
        draws its own.

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
    """One half of an image known: left, right, top or bottom, at random.

    Args:
      shape: Shape of one image, (h, w, c).

    Returns:
      `masks(key, num) -> bool [num, h, w, c]`.

    Examples:
      >>> half_mask((4, 4, 1))(jax.random.key(0), 5).sum(axis=(1, 2, 3)).tolist()
      [8, 8, 8, 8, 8]
    """
    _validation.check_image_shape(shape)
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
        chosen = halves[jax.random.randint(key, (num,), 0, len(halves))]
        return constrain_batch(jnp.broadcast_to(chosen[..., None], (num, *shape)))

    return masks


def block_mask(shape: tuple[int, ...], size: int | tuple[int, int]) -> Prior:
    """All known but a block somewhere in the image.

    Args:
      shape: Shape of one image, (h, w, c).
      size: Height and width of the block, in pixels, or one number for both.

    Returns:
      `masks(key, num) -> bool [num, h, w, c]`.

    Raises:
      ValueError: If the block does not fit the image.

    Examples:
      >>> masks = block_mask((6, 6, 1), 3)(jax.random.key(0), 2)
      >>> (~masks).sum(axis=(1, 2, 3)).tolist()
      [9, 9]
    """
    high, wide = size if isinstance(size, tuple) else (size, size)
    _validation.check_image_shape(shape)
    height, width, _ = shape
    if not (0 < high <= height and 0 < wide <= width):
        raise ValueError(f"Expected a block within {height} x {width}, got {size}.")
    rows, columns = jnp.indices((height, width))

    def masks(key: jax.Array, num: int) -> jax.Array:
        row_key, column_key = jax.random.split(key)
        place = (num, 1, 1)
        top = jax.random.randint(row_key, place, 0, height - high + 1)
        left = jax.random.randint(column_key, place, 0, width - wide + 1)
        hidden = _within(rows, top, high) & _within(columns, left, wide)
        return constrain_batch(jnp.broadcast_to(~hidden[..., None], (num, *shape)))

    return masks


def any_of(*parts: Prior) -> Prior:
    """Each draw comes from one of several priors, equally likely.

    Args:
      *parts: Priors of one shape: masks of several kinds, or noise.

    Returns:
      A prior of that shape.

    Raises:
      ValueError: If there are no parts.

    Examples:
      >>> masks = any_of(half_mask((4, 4, 1)), bernoulli_mask((4, 4, 1)))
      >>> masks(jax.random.key(0), 5).shape
      (5, 4, 4, 1)
    """
    _validation.check_at_least(1, parts=len(parts))

    def prior(key: jax.Array, num: int) -> jax.Array:
        choice_key, *keys = jax.random.split(key, len(parts) + 1)
        drawn = jnp.stack([part(k, num) for part, k in zip(parts, keys, strict=True)])
        chosen = jax.random.randint(choice_key, (num,), 0, len(parts))
        return constrain_batch(drawn[chosen, jnp.arange(num)])

    return prior


def _within(places: jax.Array, start: jax.Array, length: int) -> jax.Array:
    places = jnp.broadcast_to(places[None], (start.shape[0], *places.shape))
    return (places >= start) & (places < start + length)
