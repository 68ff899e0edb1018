"""Default networks and training settings, chosen from the shape of the data."""

import numpy as np
import optax
from jax.typing import ArrayLike

from advnet import games, losses, modules, priors
from advnet._examples import require_floats
from advnet._moments import Moments, check_float32, compute_moments
from advnet._validation import check_classes
from advnet.dynamics import alternating, averaged
from advnet.recipes._fully_connected import fully_connected
from advnet.recipes._recipe import Recipe
from advnet.recipes._series import series
from advnet.recipes._settings import Settings

_BATCH_SIZE = 64
_MAX_DOUBLINGS = 4
_MIN_TIMES = 16
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

    Images in [0, 1] whose sides can be halved at least twice get a convolutional pair.
    Series [n, t, c], of at least 16 times and 4 times as many times as channels, get a
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
      'a convolutional pair for 40 x 24 x 3 images, 3 doublings'

    References:
      Radford et al. 2016 and Miyato et al. 2018 (images); Jolicoeur-Martineau 2019 and
      Huang et al. 2024 (all other data).
    """
    x = np.asarray(train)
    if labels is not None:
        num_classes = _require_num_classes(labels, len(x), num_classes)
    if kind == "series" or (not kind and looks_like_series(x.shape[1:])):
        return series(x, labels, num_classes=num_classes, settings=settings)
    if is_bytes := x.dtype == np.uint8 and x.ndim == 4 and len(x) > 1:
        pixels = True
    else:
        x = require_floats(train, name="examples", min_examples=2)
        check_float32(x, name="examples")
        pixels = x.min() >= 0 and x.max() <= 1
    doublings = _doublings(x.shape[1:])
    is_convolutional = settings.model != "mlp" and labels is None
    if pixels and doublings >= 2 and is_convolutional:
        return _convolutional(x.shape[1:], doublings, settings)
    # Batches are float32, so their moments are those of the rounded values.
    moments = compute_moments(x if is_bytes else x.astype(np.float32))
    if is_bytes:
        moments = Moments(moments.mean / 255, moments.deviation / 255)
    return fully_connected(moments, num_classes, settings)


def looks_like_series(shape: tuple[int, ...]) -> bool:
    """Return whether an example of this shape is taken for a series [t, c]."""
    return len(shape) == 2 and shape[0] >= max(_MIN_TIMES, 4 * shape[1])


def _require_num_classes(labels: ArrayLike, num: int, num_classes: int | None) -> int:
    """Return the number of classes, or raise if labels are not classes [num]."""
    y = np.asarray(labels)
    if y.shape != (num,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"Expected integer labels [{num}], one for each example, got {y.dtype} "
            f"{list(y.shape)}. Number the classes from 0."
        )
    num_classes = int(y.max()) + 1 if num_classes is None else num_classes
    check_classes(y, num_classes)
    return num_classes


def _doublings(shape: tuple[int, ...]) -> int:
    """Return the number of times that both sides of an image can be halved."""
    if len(shape) != 3 or shape[2] > 4:
        return 0
    height, width, count = *shape[:2], 0
    while height % 2 == 0 == width % 2 and min(height, width) > 4:
        height, width, count = height // 2, width // 2, count + 1
    return min(count, _MAX_DOUBLINGS)


def _convolutional(
    shape: tuple[int, int, int], doublings: int, settings: Settings
) -> Recipe:
    size = " x ".join(map(str, shape))
    about = f"a convolutional pair for {size} images, {doublings} doublings"
    settings.check_applicable(("model",), about)
    channels = [32 * 2**depth for depth in range(1, doublings + 1)]
    prior = priors.normal(100)
    game = games.gan(
        modules.DCGANGenerator(shape=shape, channels=channels[::-1]),
        modules.DCGANDiscriminator(channels=channels, spectral_norm=True),
        prior,
        loss=losses.non_saturating(),
    )
    algorithm = alternating(game, optax.adam(2e-4, b1=0.5))
    return Recipe(
        game,
        averaged(algorithm, decay=0.998),
        _BATCH_SIZE,
        prior,
        about,
    )
