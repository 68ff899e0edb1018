"""Structural similarity of images, on several scales."""

import jax
import jax.numpy as jnp
import numpy as np

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, finest first, as fitted to people's judgments."""

WIDTH, SD = 11, 1.5
LUMINANCE, CONTRAST = 0.01**2, 0.03**2
"""What keeps quotients finite, for values in [0, 1]."""


def num_scales(height: int, width: int) -> int:
    """How often the image can be halved with the window still inside, at most 5."""
    side, scales = min(height, width), 0
    while side >= WIDTH and scales < len(WEIGHTS):
        side, scales = side // 2, scales + 1
    return scales


def similarity(x: jax.Array, y: jax.Array) -> jax.Array:
    """MS-SSIM of images [m, h, w, c] in [0, 1], mean over channels: [m]."""
    scales = num_scales(*x.shape[1:3])
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    whole = jnp.ones((len(x), x.shape[-1]))
    for scale, weight in enumerate(weights):
        luminance, structure = _maps(x, y)
        last = scale == scales - 1
        each = (luminance * structure if last else structure).mean(axis=(1, 2))
        # A negative one has no power: opposite structure counts as none.
        whole = whole * jnp.maximum(each, 0) ** np.float32(weight)
        x, y = _halved(x), _halved(y)
    return whole.mean(axis=1)


def _maps(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Luminance and contrast-structure wherever the window fits."""
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    cov = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + LUMINANCE) / (mean_x**2 + mean_y**2 + LUMINANCE)
    return luminance, (2 * cov + CONTRAST) / (var_x + var_y + CONTRAST)


def _blur(x: jax.Array) -> jax.Array:
    """A Gaussian window's mean, inside only: [m, h - 10, w - 10, c]."""
    exact = jax.lax.Precision.HIGHEST
    down, across = _window(x.shape[1]), _window(x.shape[2])
    return jnp.einsum("ih,jw,mhwc->mijc", down, across, x, precision=exact)


def _window(size: int) -> np.ndarray:
    """Each row holds the window one value further on, [size - 10, size]."""
    bell = np.exp(-0.5 * ((np.arange(WIDTH) - WIDTH // 2) / SD) ** 2)
    row = np.pad(bell / bell.sum(), (0, size - WIDTH))
    rows = [np.roll(row, shift) for shift in range(size - WIDTH + 1)]
    return np.array(rows, np.float32)


def _halved(x: jax.Array) -> jax.Array:
    """Means of 2 x 2 values; an odd last row or column is left out."""
    height, width = x.shape[1] // 2, x.shape[2] // 2
    x = x[:, : 2 * height, : 2 * width]
    return x.reshape(len(x), height, 2, width, 2, -1).mean(axis=(2, 4))
