"""Sizes of pyramids of maps, and the filters between their levels."""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp

Size = tuple[int, int]

_BASE_SIDE = 4  # pixels of the short side of the smallest map


def count_stages(size: Size) -> int:
    """Return the number of resolutions from a base map of about 4 pixels to `size`."""
    return 1 + max(0, round(math.log2(min(size) / _BASE_SIDE)))


def stage_widths(width: int | Sequence[int], size: Size) -> tuple[int, ...]:
    """Return the channels of every stage, from the lowest resolution."""
    return (width,) * count_stages(size) if isinstance(width, int) else tuple(width)


def base_size(size: Size, num_stages: int) -> Size:
    """Return the smallest map that reaches `size` if doubled `num_stages` - 1 times."""
    factor = 2 ** (num_stages - 1)
    return -(-size[0] // factor), -(-size[1] // factor)


def crop(x: jax.Array, size: Size) -> jax.Array:
    """Return the central part [m, *size, c] of images."""
    top, left = (x.shape[1] - size[0]) // 2, (x.shape[2] - size[1]) // 2
    return x[:, top : top + size[0], left : left + size[1]]


def pad(x: jax.Array, size: Size) -> jax.Array:
    """Surround images with zeros to [m, *size, c]; the inverse of `crop`."""
    missing = [target - side for target, side in zip(size, x.shape[1:3], strict=True)]
    if not any(missing):
        return x
    sides = [(extra // 2, extra - extra // 2) for extra in missing]
    return jnp.pad(x, ((0, 0), *sides, (0, 0)))


def downsample(x: jax.Array) -> jax.Array:
    """Halve even sides of images [m, h, w, c] with the filter [1, 3, 3, 1] / 8."""
    for axis in (1, 2):
        even, odd = _halves(x, axis)
        before, after = _shift(odd, axis, 1), _shift(even, axis, -1)
        x = 0.375 * (even + odd) + 0.125 * (before + after)
    return x


def upsample(x: jax.Array) -> jax.Array:
    """Double the sides of images [m, h, w, c] with the filter [1, 3, 3, 1] / 4."""
    for axis in (1, 2):
        even = 0.75 * x + 0.25 * _shift(x, axis, 1)
        odd = 0.75 * x + 0.25 * _shift(x, axis, -1)
        shape = (*x.shape[:axis], 2 * x.shape[axis], *x.shape[axis + 1 :])
        x = jnp.stack([even, odd], axis=axis + 1).reshape(shape)
    return x


def repeat(x: jax.Array) -> jax.Array:
    """Double the sides of images [m, h, w, c] by repeating every pixel."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def average_pool(x: jax.Array) -> jax.Array:
    """Average blocks of two values along every spatial axis; odd ends are cut."""
    for axis in range(1, x.ndim - 1):
        half = x.shape[axis] // 2
        x = jax.lax.slice_in_dim(x, 0, 2 * half, axis=axis)
        shape = (*x.shape[:axis], half, 2, *x.shape[axis + 1 :])
        x = x.reshape(shape).mean(axis=axis + 1)
    return x


def _halves(x: jax.Array, axis: int) -> tuple[jax.Array, jax.Array]:
    """Split the values along an axis into those at even and at odd positions."""
    shape = (*x.shape[:axis], x.shape[axis] // 2, 2, *x.shape[axis + 1 :])
    even, odd = jnp.split(x.reshape(shape), 2, axis=axis + 1)
    return even.squeeze(axis + 1), odd.squeeze(axis + 1)


def _shift(x: jax.Array, axis: int, by: int) -> jax.Array:
    """Move values one position along an axis; zeros come in."""
    width = [(0, 0)] * x.ndim
    width[axis] = (1, 0) if by > 0 else (0, 1)
    start = 0 if by > 0 else 1
    return jax.lax.slice_in_dim(
        jnp.pad(x, width), start, start + x.shape[axis], axis=axis
    )
