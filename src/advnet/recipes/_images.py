"""Pairs for images of any size, chosen by the device and the resolution."""

import jax
import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet.recipes._dcgan import DCGAN_MODELS, dcgan
from advnet.recipes._parts import require_num_classes
from advnet.recipes._recipe import Recipe
from advnet.recipes._residual import RESIDUAL_MODELS, residual
from advnet.recipes._settings import Settings

_NO_SETTINGS = Settings()


def images(
    train: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    num_classes: int | None = None,
    settings: Settings = _NO_SETTINGS,
) -> Recipe:
    """Build a pair for images in [0, 1] of any size and number of channels.

    The model "tiny" is a DCGAN without normalization in the critic, with the loss and
    the penalties of R3GAN; it learns most per second on a CPU. "small" and "base" are
    R3GAN at a quarter of its published width and at full width. The default is "tiny"
    on a CPU and "small" on other devices. "dcgan" has the normalization and the loss of
    2018 and no augmentation, for comparison.

    Args:
      train: Training images [n, h, w, c]: floats in [0, 1], or bytes, uint8.
      labels: Classes of the examples, integers [n] from 0, for a conditional pair.
      num_classes: Number of classes; the largest label plus 1 by default.
      settings: Settings that replace those of the model. By default the critic's
        inputs are augmented if there are fewer than 20,000 images, and never mirrored.

    Returns:
      The game, its algorithm, the batch size, the prior and the length of training.
      With labels the batch is `(x, labels)`, and samples are drawn with
      `condition=labels`.

    Raises:
      ValueError: If the examples are not images in [0, 1], labels are not classes, or
        a setting does not apply.

    Examples:
      >>> images(np.zeros((100, 33, 47, 3), np.float32)).about
      'a DCGAN for 33 x 47 x 3 images'
      >>> images(np.zeros((9, 32, 32, 3), np.uint8), settings=Settings(model="base"))[4]
      'R3GAN for 32 x 32 x 3 images, width 768'

    References:
      Huang et al. 2024 (R3GAN); Radford et al. 2016 (DCGAN); Zhao et al. 2020
      (DiffAugment).
    """
    x = _require_images(train)
    if labels is not None:
        num_classes = require_num_classes(labels, len(x), num_classes)
    model = settings.model or ("tiny" if jax.default_backend() == "cpu" else "small")
    if model in DCGAN_MODELS:
        return dcgan(x.shape, num_classes, settings)
    if model in RESIDUAL_MODELS:
        return residual(x.shape, num_classes, settings)
    known = [*DCGAN_MODELS, *RESIDUAL_MODELS]
    raise ValueError(f"Expected a model among {known}, got {model!r}.")


def _require_images(train: ArrayLike) -> np.ndarray:
    """Return images [n, h, w, c], bytes as they are, or raise."""
    x = np.asarray(train)
    if x.dtype != np.uint8:
        x = require_floats(train, name="examples", min_examples=2)
    if x.ndim != 4 or (x.dtype != np.uint8 and (x.min() < 0 or x.max() > 1)):
        raise ValueError(
            "Expected images [n, h, w, c], as bytes or with pixels in [0, 1], got "
            f"{x.dtype} {list(x.shape)}. Scale them, or use for_data."
        )
    return x
