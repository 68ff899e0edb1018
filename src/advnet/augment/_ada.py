"""The transforms of adaptive discriminator augmentation, with bilinear sampling."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from advnet.augment._transforms import Transform

_SCALE_SD = 0.2  # of the binary logarithm of scale and anisotropy
_SHIFT = 0.125  # share of a side
_LUMA = np.full(3, 1 / math.sqrt(3), np.float32)


def ada(*, color_strength: float = 1.0) -> Transform:
    """Build the transforms of ADA: pixel blits, geometry and color.

    Each transform is applied to each image with probability p, independently: mirror,
    rotation by multiples of 90 degrees, integer shift; scale, rotation, anisotropy,
    fractional shift; brightness, contrast, luma flip, hue and saturation. All geometry
    is one matrix, executed once by bilinear sampling with reflected borders. The
    published code filters with wavelets instead.

    Args:
      color_strength: Factor of p for the color transforms; R3GAN uses .5.

    Returns:
      A transform of images [m, h, w, c] in [0, 1]. Luma flip, hue and saturation need
      c = 3. With p = 0 every image is returned bit for bit.

    Examples:
      >>> images = jnp.ones((2, 8, 8, 3))
      >>> ada()(images, jax.random.key(0), jnp.full((), 0.5)).shape
      (2, 8, 8, 3)

    References:
      Karras et al. 2020 (ADA), appendix B.
    """

    def transform(x: jax.Array, key: jax.Array, p: jax.Array) -> jax.Array:
        geometry_key, color_key = jax.random.split(key)
        keys = jax.random.split(geometry_key, x.shape[0])
        warp = functools.partial(_warp, p=p)
        x = jax.vmap(warp)(x, keys)
        keys = jax.random.split(color_key, x.shape[0])
        return jax.vmap(lambda image, key: _recolor(image, key, color_strength * p))(
            x, keys
        )

    return transform


def _warp(image: jax.Array, key: jax.Array, *, p: jax.Array) -> jax.Array:
    """Transform one image by a random matrix."""
    height, width = shape = image.shape[:2]
    keys = iter(jax.random.split(key, 24))
    draw = lambda: jax.random.normal(next(keys))
    is_applied = []

    def maybe(matrix: jax.Array, probability: jax.Array = p) -> jax.Array:
        applied = jax.random.bernoulli(next(keys), probability)
        is_applied.append(applied)
        return jnp.where(applied, matrix, jnp.eye(3))

    quarter = jax.random.randint(next(keys), (), 0, 4).astype(jnp.float32)
    quarter = quarter if height == width else 2 * jnp.floor(quarter / 2)
    pixels = [
        jnp.round(jax.random.uniform(next(keys), minval=-_SHIFT, maxval=_SHIFT) * side)
        for side in (height, width)
    ]
    flip = jnp.where(jax.random.bernoulli(next(keys)), -1.0, 1.0)
    stretch, scale = jnp.exp2(_SCALE_SD * draw()), jnp.exp2(_SCALE_SD * draw())
    angle = lambda: jax.random.uniform(next(keys), minval=-math.pi, maxval=math.pi)
    # Two rotations together are applied with probability p.
    rotation_p = 1 - jnp.sqrt(jnp.maximum(1 - p, 0))
    matrices = [
        maybe(_scale_matrix(1.0, flip)),
        maybe(_rotation_matrix(quarter * (math.pi / 2))),
        maybe(_shift_matrix(*pixels)),
        maybe(_scale_matrix(scale, scale)),
        maybe(_rotation_matrix(angle()), rotation_p),
        maybe(_scale_matrix(1 / stretch, stretch)),
        maybe(_rotation_matrix(angle()), rotation_p),
        maybe(_shift_matrix(_SHIFT * draw() * height, _SHIFT * draw() * width)),
    ]
    matrix = functools.reduce(jnp.matmul, matrices)
    rows, columns = jnp.meshgrid(
        jnp.arange(height, dtype=jnp.float32) - (height - 1) / 2,
        jnp.arange(width, dtype=jnp.float32) - (width - 1) / 2,
        indexing="ij",
    )
    grid = jnp.stack([rows.ravel(), columns.ravel(), jnp.ones(height * width)])
    source = matrix @ grid
    coordinates = [
        source[0].reshape(shape) + (height - 1) / 2,
        source[1].reshape(shape) + (width - 1) / 2,
    ]
    sample = functools.partial(
        jax.scipy.ndimage.map_coordinates, order=1, mode="mirror"
    )
    warped = jax.vmap(lambda x: sample(x, coordinates), in_axes=2, out_axes=2)(image)
    return jnp.where(functools.reduce(jnp.logical_or, is_applied), warped, image)


def _recolor(image: jax.Array, key: jax.Array, p: jax.Array) -> jax.Array:
    """Transform the colors of one image by a random matrix about middle gray."""
    channels = image.shape[-1]
    keys = iter(jax.random.split(key, 12))
    draw = lambda: jax.random.normal(next(keys))
    choose = lambda: jax.random.bernoulli(next(keys), p)
    applied = [choose(), choose()]
    offset = jnp.where(applied[0], 0.1 * draw(), 0.0)  # .2 for pixels in [-1, 1]
    contrast = jnp.where(applied[1], jnp.exp2(0.5 * draw()), 1.0)
    centered = image - 0.5 + offset
    if channels == 3:
        axis, eye = jnp.asarray(_LUMA), jnp.eye(3)
        luma = jnp.outer(axis, axis)
        more = [choose(), choose(), choose()]
        is_flipped = jax.random.bernoulli(next(keys))
        flip = jnp.where(is_flipped, eye - 2 * luma, eye)
        angle = jax.random.uniform(next(keys), minval=-math.pi, maxval=math.pi)
        hue = _axis_rotation(axis, angle)
        saturation = luma + (eye - luma) * jnp.exp2(draw())
        for is_applied, matrix in zip(more, (flip, hue, saturation), strict=True):
            centered = centered @ jnp.where(is_applied, matrix, eye).T
        applied += more
    changed = centered * contrast + 0.5
    return jnp.where(functools.reduce(jnp.logical_or, applied), changed, image)


def _axis_rotation(axis: jax.Array, angle: jax.Array) -> jax.Array:
    """Return the rotation of colors by an angle about an axis (Rodrigues)."""
    x, y, z = axis
    cross = jnp.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return (
        jnp.cos(angle) * jnp.eye(3)
        + jnp.sin(angle) * cross
        + (1 - jnp.cos(angle)) * jnp.outer(axis, axis)
    )


def _scale_matrix(rows: jax.Array | float, columns: jax.Array | float) -> jax.Array:
    return jnp.diag(jnp.stack([jnp.asarray(rows), jnp.asarray(columns), jnp.ones(())]))


def _rotation_matrix(angle: jax.Array) -> jax.Array:
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    zero, unit = jnp.zeros(()), jnp.ones(())
    return jnp.stack([cos, -sin, zero, sin, cos, zero, zero, zero, unit]).reshape(3, 3)


def _shift_matrix(rows: jax.Array, columns: jax.Array) -> jax.Array:
    return jnp.eye(3).at[:2, 2].set(jnp.stack([rows, columns]))
