"""Features with random weights, which need no training and no labels."""

import jax
import jax.numpy as jnp
import numpy as np

from advnet import _validation
from advnet._examples import are_bytes, require_images, scale_bytes
from advnet.evaluation._digest import fingerprint
from advnet.evaluation._samples import Features

_CHANNELS = (32, 64, 64, 64, 64, 64)  # of the stages, each at half of the size before
_MIN_STAGES, _MIN_SIDE = 2, 4  # a stage is the last if its sides are at most 4
_GRID = 4  # cells along each side of the last map, whose means are projected
_NUM_PROJECTIONS = 128
_BLOCK_VALUES = 1 << 20  # values of the images that are computed in one call


def random_projection(num: int = 64, *, seed: int = 0) -> Features:
    """Build features that are projections on random directions.

    The weights are normal with variance 1 / num. Squared distances are kept on average,
    with a relative error of sqrt(2 / num). The features need no training and favor no
    model.

    Args:
      num: Number of features.
      seed: Seed of the directions.

    Returns:
      Function to features [m, num] of examples [m, ...] of any size.

    Raises:
      ValueError: If `num` is below 1.

    Examples:
      >>> project = random_projection(3)
      >>> project(np.ones((5, 28, 28, 1))).shape, project.__name__
      ((5, 3), 'random projection to 3, seed 0')

    References:
      Johnson and Lindenstrauss 1984.
    """
    _validation.check_at_least(1, num=num)

    def project(x):
        rows = np.asarray(x, np.float64).reshape(len(x), -1)
        weights = np.random.default_rng(seed).normal(size=(rows.shape[1], num))
        return rows @ weights / np.sqrt(num)

    project.__name__ = f"random projection to {num}, seed {seed}"
    return project


def random_convolution(
    channels: int, *, center: float = 0.5, scale: float = 0.5, seed: int = 0
) -> Features:
    """Build features that are means over the maps of a random convolutional network.

    The network has convolutions of 3 x 3 pixels with stride 2, each followed by a
    rectifier, until a side of the map is at most 4, at least 2 and at most 6 of them.
    The features are the mean of every channel of every map, which show texture, and 128
    random projections of a grid of 4 x 4 means of the last map, which show layout. The
    weights are normal with variance 2 / inputs. They are the same on every machine.

    The network was trained on nothing and favors no kind of images. Features of
    photographs (`efficientnet_lite0`) are more sensitive to the content of
    photographs.

    Args:
      channels: Number of channels of the images.
      center: Value that is subtracted from the pixels.
      scale: Value that the difference is divided by, above 0.
      seed: Seed of the weights.

    Returns:
      Function to features [m, f] of images [m, h, w, channels] of any size: numbers,
      or bytes that are scaled to [0, 1]. f is 288 for sides of 17 to 32 pixels, and 64
      more for each doubling. The attribute `fingerprint` is a hash of the weights.

    Raises:
      ValueError: If `channels` is below 1 or `scale` is not positive. The returned
        function raises if the images do not have this shape.

    Examples:
      >>> features = random_convolution(1)
      >>> features(np.ones((5, 28, 28, 1))).shape, features.__name__
      ((5, 288), 'random convolutions, seed 0')

    References:
      Naeem et al. 2020, section 4.2, for random networks on data unlike ImageNet.
    """
    _validation.check_at_least(1, channels=channels)
    if not scale > 0:
        raise ValueError(f"Expected scale > 0, got {scale}.")
    kernels, projection = _draw_weights(channels, seed)

    @jax.jit
    def compute(images):
        return _pooled_maps((images - center) / scale, kernels, projection)

    def extract(x):
        x = np.asanyarray(x)
        x = scale_bytes(x) if are_bytes(x) else x
        x = require_images(x, name="images", channels=(channels,))
        size = max(1, _BLOCK_VALUES // x[0].size)
        # All blocks have one size, so that one program serves them.
        padded = np.pad(x, ((0, -len(x) % min(size, len(x))), *[(0, 0)] * 3))
        blocks = (padded[i : i + size] for i in range(0, len(padded), size))
        return np.concatenate([compute(block) for block in blocks])[: len(x)]

    extract.__name__ = f"random convolutions, seed {seed}"
    extract.fingerprint = fingerprint(*kernels, projection, np.array([center, scale]))  # pyright: ignore[reportFunctionMemberAccess]
    return extract


def _draw_weights(channels: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Draw the kernels [3, 3, in, out] of all stages and the projection [.., 128]."""
    # NumPy guarantees the stream of RandomState, and not that of a Generator.
    rng = np.random.RandomState(seed)
    kernels = []
    for inputs, outputs in zip((channels, *_CHANNELS), _CHANNELS, strict=False):
        kernel = rng.normal(size=(3, 3, inputs, outputs)) * np.sqrt(2 / (9 * inputs))
        kernels.append(kernel.astype(np.float32))
    num_means = _GRID**2 * _CHANNELS[-1]
    projection = rng.normal(size=(num_means, _NUM_PROJECTIONS)) / np.sqrt(num_means)
    return kernels, projection.astype(np.float32)


def _pooled_maps(
    x: jax.Array, kernels: list[np.ndarray], projection: np.ndarray
) -> jax.Array:
    """Compute the features [m, f] of scaled images [m, h, w, c]."""
    # The default precision of a GPU would round the products to 10 bits.
    highest = jax.lax.Precision.HIGHEST
    pooled = []
    for stage, kernel in enumerate(kernels):
        if stage >= _MIN_STAGES and min(x.shape[1:3]) <= _MIN_SIDE:
            break
        x = jax.lax.conv_general_dilated(
            x,
            jnp.asarray(kernel),
            (2, 2),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            precision=highest,
        )
        x = jax.nn.relu(x)
        pooled.append(x.mean(axis=(1, 2)))
    rows, columns = (_cell_means(side) for side in x.shape[1:3])
    grid = jnp.einsum("ih,jw,mhwc->mijc", rows, columns, x, precision=highest)
    grid = grid.reshape(len(x), -1)
    return jnp.concatenate(
        [*pooled, jnp.matmul(grid, projection, precision=highest)], axis=1
    )


def _cell_means(side: int) -> np.ndarray:
    """Return the matrix [4, side] of means over four cells, which may share pixels."""
    starts = np.arange(_GRID) * side // _GRID
    stops = -(-(np.arange(_GRID) + 1) * side // _GRID)
    position = np.arange(side)
    inside = (position >= starts[:, None]) & (position < stops[:, None])
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)
