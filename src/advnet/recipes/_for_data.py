"""Default networks and training settings, chosen from the shape of the data."""

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet._moments import Moments, check_float32, compute_moments
from advnet.recipes._fully_connected import fully_connected
from advnet.recipes._images import images
from advnet.recipes._parts import require_num_classes
from advnet.recipes._recipe import Recipe
from advnet.recipes._series import series
from advnet.recipes._settings import Settings

_MIN_TIMES = 16
_MIN_SIDE = 8
_MAX_CHANNELS = 16
_NO_SETTINGS = Settings()


def for_data(
    train: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    num_classes: int | None = None,
    kind: str = "",
    settings: Settings = _NO_SETTINGS,
) -> Recipe:
    """Choose networks and training settings from the shape of the data.

    Images in [0, 1] of at least 8 x 8 pixels get the pair of `images`. Series
    [n, t, c], of at least 16 times and 4 times as many times as channels, get a
    one-dimensional convolutional pair. All other data get a fully connected pair that
    works in units of the data: means and deviations are computed in float64, and a
    constant value is only shifted. The field `about` of the recipe names the pair.

    Args:
      train: Training examples [n, ...], n >= 2, finite. Bytes, uint8 [n, h, w, c],
        are pixels of 0 to 255.
      labels: Classes of the examples, integers [n] from 0, for a conditional pair.
      num_classes: Number of classes; the largest label plus 1 by default.
      kind: "series" or "arrays", in place of the kind that the shape suggests.
      settings: Settings of training that replace those of the pair.

    Returns:
      The game, its algorithm, the batch size and the prior. With labels, the batch is
      `(x, labels)`, and samples are drawn with `condition=labels`.

    Raises:
      ValueError: If there are fewer than two examples, they are not finite, float32
        does not hold the differences between them, labels are not classes, or a
        setting does not apply to the pair.

    Examples:
      >>> for_data(np.random.default_rng(0).normal(size=(100, 2))).about
      'a fully connected pair for vectors of 2 values'
      >>> for_data(np.zeros((100, 40, 24, 3), np.float32)).about
      'a DCGAN for 40 x 24 x 3 images'

    References:
      Jolicoeur-Martineau 2019 and Huang et al. 2024 (data other than images).
    """
    x = np.asarray(train)
    if labels is not None:
        num_classes = require_num_classes(labels, len(x), num_classes)
    if kind == "series" or (not kind and looks_like_series(x.shape[1:])):
        return series(x, labels, num_classes=num_classes, settings=settings)
    if is_bytes := x.dtype == np.uint8 and x.ndim == 4 and len(x) > 1:
        pixels = True
    else:
        x = require_floats(train, name="examples", min_examples=2)
        check_float32(x, name="examples")
        pixels = x.min() >= 0 and x.max() <= 1
    if pixels and _are_images(x.shape) and settings.model != "mlp":
        return images(x, labels, num_classes=num_classes, settings=settings)
    # Batches are float32, so their moments are those of the rounded values.
    moments = compute_moments(x if is_bytes else x.astype(np.float32))
    if is_bytes:
        moments = Moments(moments.mean / 255, moments.deviation / 255)
    return fully_connected(moments, num_classes, settings)


def looks_like_series(shape: tuple[int, ...]) -> bool:
    """Return whether an example of this shape is taken for a series [t, c]."""
    return len(shape) == 2 and shape[0] >= max(_MIN_TIMES, 4 * shape[1])


def _are_images(shape: tuple[int, ...]) -> bool:
    """Return whether examples have the shape of images that a convolution suits."""
    return (
        len(shape) == 4 and min(shape[1:3]) >= _MIN_SIDE and shape[3] <= _MAX_CHANNELS
    )
