"""DCGAN pairs, which learn most per second on a CPU."""

import dataclasses
import math
from typing import Any

from advnet import modules, priors
from advnet.dynamics import adaptive
from advnet.recipes._parts import (
    image_game,
    in_precision,
    optimize,
    penalties,
)
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings

_MAX_AUGMENTED = 20_000  # examples; a larger set is not memorized by a small critic
# Images shown in a default run, by the largest number of pixels.
_NUM_IMAGES = ((32**2, 1_500_000), (128**2, 400_000), (math.inf, 100_000))
_BASE_SIDE = 4
_MAX_FEATURES = 512

_TAKES = tuple(Settings.__dataclass_fields__)
_COMMON = Settings(
    r1=0.0,
    r2=0.0,
    learning_rate=2e-4,
    batch_size=64,
    k=1,
    mirror=False,
    precision="float32",
)


def _tiny(num: int, side: int) -> Settings:
    """Return the settings of the model "tiny" for `num` images of a short side."""
    return dataclasses.replace(
        _COMMON,
        model="tiny",
        loss="hinge",
        ema=0.999,
        augment="diff" if num < _MAX_AUGMENTED else "none",
        width=max(8, 32 >> max(0, round(math.log2(side / 64)))),
    )


def _wide(num: int, side: int) -> Settings:
    """Return the settings of the model "dcgan", the default of earlier versions."""
    del num, side
    return dataclasses.replace(
        _COMMON,
        model="dcgan",
        loss="non_saturating",
        ema=0.998,
        augment="none",
        width=64,
    )


DCGAN_MODELS = {"tiny": _tiny, "dcgan": _wide}


def dcgan(
    shape: tuple[int, ...], num_classes: int | None, settings: Settings
) -> Recipe:
    """Build a DCGAN with spectral normalization for images of a shape.

    Args:
      shape: Shape of the training images, [n, h, w, c].
      num_classes: Number of classes of a conditional pair, or None.
      settings: Settings of the user.

    Returns:
      The recipe.

    Raises:
      ValueError: If a setting does not apply.

    References:
      Radford et al. 2016; Miyato et al. 2018; Zhao et al. 2020.
    """
    num, height, columns, channels = shape
    about = f"a DCGAN for {height} x {columns} x {channels} images"
    defaults = DCGAN_MODELS[settings.model or "tiny"](num, min(height, columns))
    settings = settings.completed(defaults, _TAKES, about)
    prior = priors.normal(100)
    size = height, columns, channels
    generator, critic = _pair(size, num_classes, settings.require("width"))
    game = image_game(
        in_precision(generator, settings),
        in_precision(critic, settings),
        prior,
        conditional=num_classes is not None,
        settings=settings,
        penalties=penalties(settings),
        colors=channels == 3,
    )
    algorithm = optimize(game, settings, b1=0.5, b2=0.999)
    batch_size = settings.require("batch_size") * settings.require("k")
    num_images = next(n for pixels, n in _NUM_IMAGES if height * columns <= pixels)
    return Recipe(
        game,
        adaptive(algorithm) if settings.augment == "ada" else algorithm,
        batch_size,
        prior,
        about if num_classes is None else f"{about} of {num_classes} classes",
        settings=settings.as_dict(),
        num_steps=num_images // batch_size,
    )


def _pair(
    size: tuple[int, int, int], num_classes: int | None, width: int
) -> tuple[Any, Any]:
    """Return the modules of both players; layers double or halve up to 4 pixels."""
    num_layers = max(1, round(math.log2(min(size[:2]) / _BASE_SIDE)))
    features = [min(width * 2**depth, _MAX_FEATURES) for depth in range(num_layers)]
    generator = modules.DCGANGenerator(shape=size, channels=features[::-1])
    critic = modules.DCGANDiscriminator(
        channels=features, spectral_norm=True, features=num_classes is not None
    )
    if num_classes is None:
        return generator, critic
    return (
        modules.Concatenate(generator, num_classes=num_classes),
        modules.Projection(critic, num_classes=num_classes),
    )
