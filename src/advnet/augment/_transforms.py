"""Transforms of images, vectors and series."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet._validation import require_known

Transform = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]

_GRAY = 0.5  # middle gray: 0 in the pixels [-1, 1] of the published code


def compose(*transforms: Transform) -> Transform:
    """Apply transforms one after another, each with its own draws.

    Args:
      *transforms: Functions `(x, key, p) -> x`.

    Returns:
      A transform.

    Examples:
      >>> transform = compose(mirror(), noise(0.1))
      >>> transform(jnp.zeros((4, 8, 8, 3)), jax.random.key(0), jnp.ones(())).shape
      (4, 8, 8, 3)
    """

    def transform(x: jax.Array, key: jax.Array, p: jax.Array) -> jax.Array:
        keys = jax.random.split(key, max(1, len(transforms)))
        for function, function_key in zip(transforms, keys, strict=False):
            x = function(x, function_key, p)
        return x

    return transform


def diff_augment(policy: str = "color,translation,cutout") -> Transform:
    """Build the transforms of DiffAugment.

    Args:
      policy: Names among "color", "translation" and "cutout", separated by commas.

    Returns:
      A transform of images [m, h, w, c] in [0, 1]. The published code applies it with
      p = 1.

    Raises:
      ValueError: If a name is unknown.

    Examples:
      >>> images = jnp.full((2, 8, 8, 1), 0.25)
      >>> diff_augment("cutout")(images, jax.random.key(0), jnp.ones(())).max()
      Array(0.5, dtype=float32)

    References:
      Zhao et al. 2020, section 3.3. Pixels there are in [-1, 1].
    """
    known = {"color": color, "translation": translation, "cutout": cutout}
    names = [name.strip() for name in policy.split(",") if name.strip()]
    return compose(*(require_known(known, name, "transform")() for name in names))


def color(
    *, brightness: float = 0.25, saturation: float = 1.0, contrast: float = 0.5
) -> Transform:
    """Change brightness, saturation and contrast of images.

    Args:
      brightness: Largest change of all pixels, added.
      saturation: Largest change of the factor 1 of a pixel's distance from its mean
        over channels; gray images do not change.
      contrast: Largest change of the factor 1 of a pixel's distance from the image's
        mean.

    Returns:
      A transform of images [m, h, w, c] in [0, 1]; results may leave [0, 1].

    Examples:
      >>> color()(jnp.zeros((2, 4, 4, 3)), jax.random.key(0), jnp.ones(())).shape
      (2, 4, 4, 3)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, 3)
        uniform = lambda key, width: jax.random.uniform(
            key, (x.shape[0], *[1] * (x.ndim - 1)), x.dtype, -width, width
        )
        x = x + uniform(keys[0], brightness)
        gray = x.mean(axis=-1, keepdims=True)
        x = (x - gray) * (1 + uniform(keys[1], saturation)) + gray
        mean = x.mean(axis=tuple(range(1, x.ndim)), keepdims=True)
        return (x - mean) * (1 + uniform(keys[2], contrast)) + mean

    return _with_probability(change)


def translation(*, share: float = 1 / 8) -> Transform:
    """Shift images by whole pixels; middle gray enters at the sides.

    Args:
      share: Largest shift, as a share of each side.

    Returns:
      A transform of images [m, h, w, c].

    Examples:
      >>> translation()(jnp.zeros((2, 8, 8, 1)), jax.random.key(0), jnp.ones(())).shape
      (2, 8, 8, 1)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        for axis, axis_key in zip((1, 2), jax.random.split(key), strict=True):
            size = x.shape[axis]
            limit = round(size * share)
            shifts = jax.random.randint(axis_key, (x.shape[0],), -limit, limit + 1)
            x = jax.vmap(functools.partial(_shift, axis=axis - 1))(x, shifts)
        return x

    return _with_probability(change)


def cutout(*, share: float = 0.5) -> Transform:
    """Replace a random square of every image by middle gray.

    Args:
      share: Side of the square, as a share of each side of the image. Its center is
        uniform over the image, so a part may lie outside.

    Returns:
      A transform of images [m, h, w, c].

    Examples:
      >>> cutout()(jnp.zeros((2, 8, 8, 1)), jax.random.key(0), jnp.ones(())).max()
      Array(0.5, dtype=float32)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        inside = jnp.ones((x.shape[0], 1, 1, 1), bool)
        for axis, axis_key in zip((1, 2), jax.random.split(key), strict=True):
            size = x.shape[axis]
            side = round(size * share)
            start = jax.random.randint(axis_key, (x.shape[0],), 0, size + 1 - side % 2)
            start = start - side // 2
            position = jnp.arange(size, dtype=start.dtype)[None]
            within = (position >= start[:, None]) & (position < start[:, None] + side)
            shape = [x.shape[0], 1, 1, 1]
            shape[axis] = size
            inside = inside & within.reshape(shape)
        return jnp.where(inside, jnp.asarray(_GRAY, x.dtype), x)

    return _with_probability(change)


def mirror() -> Transform:
    """Mirror images left to right, half of those that are transformed.

    Returns:
      A transform of images [m, h, w, c].

    Examples:
      >>> mirror()(jnp.zeros((2, 8, 8, 1)), jax.random.key(0), jnp.ones(())).shape
      (2, 8, 8, 1)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        return _choose(jax.random.bernoulli(key, 0.5, (x.shape[0],)), x[:, :, ::-1], x)

    return _with_probability(change)


def noise(sd: float) -> Transform:
    """Add Gaussian noise of standard deviation `sd` to every value.

    Args:
      sd: Standard deviation, in the units of the data.

    Returns:
      A transform of arrays [m, ...].

    Examples:
      >>> noise(0.1)(jnp.zeros((4, 2)), jax.random.key(0), jnp.zeros(())).max()
      Array(0., dtype=float32)
    """
    change = lambda x, key: x + sd * jax.random.normal(key, x.shape, x.dtype)
    return _with_probability(change)


def scaling(sd: float) -> Transform:
    """Multiply every example by a factor 2^N(0, sd).

    Args:
      sd: Standard deviation of the factor's binary logarithm.

    Returns:
      A transform of arrays [m, ...].

    Examples:
      >>> scaling(0.1)(jnp.ones((4, 2)), jax.random.key(0), jnp.ones(())).shape
      (4, 2)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        shape = (x.shape[0], *[1] * (x.ndim - 1))
        return x * jnp.exp2(sd * jax.random.normal(key, shape, x.dtype))

    return _with_probability(change)


def jitter(max_shift: int) -> Transform:
    """Shift series in time; the values at their ends are repeated.

    Args:
      max_shift: Largest shift, in steps.

    Returns:
      A transform of series [m, t, ...].

    Examples:
      >>> jitter(2)(jnp.ones((4, 9, 1)), jax.random.key(0), jnp.ones(())).min()
      Array(1., dtype=float32)
    """

    def change(x: jax.Array, key: jax.Array) -> jax.Array:
        shifts = jax.random.randint(key, (x.shape[0],), -max_shift, max_shift + 1)
        rows = jnp.arange(x.shape[1], dtype=shifts.dtype)[None] - shifts[:, None]
        rows = jnp.clip(rows, 0, x.shape[1] - 1)
        return jax.vmap(lambda series, index: series[index])(x, rows)

    return _with_probability(change)


def _with_probability(
    change: Callable[[jax.Array, jax.Array], jax.Array],
) -> Transform:
    """Return a transform that changes each example with probability p."""

    def transform(x: jax.Array, key: jax.Array, p: jax.Array) -> jax.Array:
        change_key, choice_key = jax.random.split(key)
        changed = jax.random.bernoulli(choice_key, p, (x.shape[0],))
        return _choose(changed, change(x, change_key), x)

    return transform


def _choose(mask: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """Return the rows of `a` where `mask` [m] holds, and those of `b` elsewhere."""
    return jnp.where(mask.reshape(-1, *[1] * (a.ndim - 1)), a, b)


def _shift(image: jax.Array, shift: jax.Array, axis: int) -> jax.Array:
    """Shift one image along an axis, with middle gray entering."""
    size = image.shape[axis]
    source = jnp.arange(size, dtype=shift.dtype) - shift
    shape = [1] * image.ndim
    shape[axis] = size
    inside = ((source >= 0) & (source < size)).reshape(shape)
    moved = jnp.take(image, jnp.clip(source, 0, size - 1), axis=axis)
    return jnp.where(inside, moved, jnp.asarray(_GRAY, image.dtype))
