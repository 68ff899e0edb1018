"""Multi-scale structural similarity (MS-SSIM) of images.

References:
  Wang et al. 2003.
"""

import jax
import jax.numpy as jnp
import numpy as np

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales, finest first, fitted to human judgments by Wang et al."""

WIDTH, SD = 11, 1.5
"""Width and standard deviation of the Gaussian window, in pixels."""

LUMINANCE, CONTRAST = 0.01**2, 0.03**2
"""Constants that keep quotients finite, for values in [0, 1]."""


def num_scales(height: int, width: int) -> int:
    """Compute the number of scales, at most 5, at which the window fits the image."""
    side, scales = min(height, width), 0
    while side >= WIDTH and scales < len(WEIGHTS):
        side, scales = side // 2, scales + 1
    return scales


def similarity(x: jax.Array, y: jax.Array) -> jax.Array:
    """Compute the MS-SSIM of images [m, h, w, c] in [0, 1], mean over channels: [m]."""
    scales = num_scales(*x.shape[1:3])
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    product = jnp.ones((len(x), x.shape[-1]))
    for scale, weight in enumerate(weights):
        luminance, structure = _luminance_and_structure(x, y)
        last = scale == scales - 1
        mean = (luminance * structure if last else structure).mean(axis=(1, 2))
        # A negative mean has no real power; opposite structure counts as 0.
        product = product * jnp.maximum(mean, 0) ** np.float32(weight)
        x, y = _halve(x), _halve(y)
    return product.mean(axis=1)


def _luminance_and_structure(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Compute luminance and contrast-structure at every position of the window."""
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    cov = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + LUMINANCE) / (mean_x**2 + mean_y**2 + LUMINANCE)
    return luminance, (2 * cov + CONTRAST) / (var_x + var_y + CONTRAST)


def _blur(x: jax.Array) -> jax.Array:
    """Compute means under the window without padding: [m, h - 10, w - 10, c]."""
    highest = jax.lax.Precision.HIGHEST
    rows, columns = _window_matrix(x.shape[1]), _window_matrix(x.shape[2])
    return jnp.einsum("ih,jw,mhwc->mijc", rows, columns, x, precision=highest)


def _window_matrix(size: int) -> np.ndarray:
    """Return the window at every position of an axis, as rows [size - 10, size]."""
    bell = np.exp(-0.5 * ((np.arange(WIDTH) - WIDTH // 2) / SD) ** 2)
    row = np.pad(bell / bell.sum(), (0, size - WIDTH))
    rows = [np.roll(row, shift) for shift in range(size - WIDTH + 1)]
    return np.array(rows, np.float32)


def _halve(x: jax.Array) -> jax.Array:
    """Compute means of 2 x 2 pixels, without an odd last row or column."""
    height, width = x.shape[1] // 2, x.shape[2] // 2
    x = x[:, : 2 * height, : 2 * width]
    return x.reshape(len(x), height, 2, width, 2, -1).mean(axis=(2, 4))
