"""DCGAN pairs, which learn most per second on a CPU."""

import dataclasses
import math
from typing import Any

import jax

from advnet import modules, priors, terms
from advnet.dynamics import adaptive, scheduled_augmentation
from advnet.recipes._parts import half_cosine, image_game, in_precision, optimize
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings
from advnet.types import Algorithm, Term

_MAX_AUGMENTED = 20_000  # examples; a larger set is not memorized by a small critic
# Images shown in a default run, by the largest number of pixels.
_NUM_IMAGES = ((32**2, 600_000), (128**2, 400_000), (math.inf, 100_000))
_BASE_SIDE = 4
_MAX_FEATURES = 512
_PENALTY_PERIOD = 4  # steps of the critic
_MAX_P = 0.5  # of ADA with a loss whose logits have no zero, at the end of training

_TAKES = tuple(Settings.__dataclass_fields__)
_COMMON = Settings(batch_size=64, k=1, mirror=False, precision="float32")


def _tiny(num: int, side: int) -> Settings:
    """Return the settings of the model "tiny" for `num` images of a short side."""
    return dataclasses.replace(
        _COMMON,
        model="tiny",
        loss="relativistic",
        # gamma / 8 = .0125 at 32 x 32 pixels; see `residual`.
        r1=0.0125 * (side / 32) ** 2,
        r2=0.0125 * (side / 32) ** 2,
        learning_rate=5e-4,
        ema=0.999,
        augment="diff" if num < _MAX_AUGMENTED else "none",
        width=max(12, 48 >> max(0, round(math.log2(side / 32)))),
    )


def _published(num: int, side: int) -> Settings:
    """Return the settings of the model "dcgan", the default of earlier versions."""
    del num, side
    return dataclasses.replace(
        _COMMON,
        model="dcgan",
        loss="non_saturating",
        r1=0.0,
        r2=0.0,
        learning_rate=2e-4,
        ema=0.998,
        augment="none",
        width=64,
    )


DCGAN_MODELS = {"tiny": _tiny, "dcgan": _published}


def dcgan(
    shape: tuple[int, ...], num_classes: int | None, settings: Settings
) -> Recipe:
    """Build a DCGAN for images of a shape.

    The model "tiny" has the loss, the penalties and the optimizer of R3GAN, a generator
    with pixel normalization and a critic without normalization. The penalties are
    taken at every fourth step, four times as strong. "dcgan" has batch normalization,
    spectral normalization and the logistic loss.

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
    is_tiny = settings.model == "tiny"
    generator, critic = _pair(size, num_classes, settings)
    game = image_game(
        in_precision(generator, settings),
        in_precision(critic, settings),
        prior,
        conditional=num_classes is not None,
        settings=settings,
        penalties=_penalties(settings),
        colors=channels == 3,
    )
    betas = {"b1": 0.0, "b2": 0.99} if is_tiny else {"b1": 0.5, "b2": 0.999}
    batch_size = settings.require("batch_size") * settings.require("k")
    num_images = next(n for pixels, n in _NUM_IMAGES if height * columns <= pixels)
    num_steps = num_images // batch_size
    return Recipe(
        game,
        _augment(optimize(game, settings, **betas), settings, num_steps),
        batch_size,
        prior,
        about if num_classes is None else f"{about} of {num_classes} classes",
        settings=settings.as_dict(),
        num_steps=num_steps,
    )


def _penalties(settings: Settings) -> list[Term]:
    """Return R1 and R2, at every fourth step of the critic, where not 0."""
    weights = {terms.r1: settings.r1, terms.r2: settings.r2}
    return [
        terms.every(term(weight), _PENALTY_PERIOD)
        for term, weight in weights.items()
        if weight
    ]


def _augment(algorithm: Algorithm, settings: Settings, num_steps: int) -> Algorithm:
    """Return an algorithm that adapts the probability of ADA, if chosen."""
    if settings.augment != "ada":
        return algorithm
    if settings.loss == "relativistic":
        p = half_cosine(0.0, _MAX_P, num_steps)
        return scheduled_augmentation(algorithm, p)
    return adaptive(algorithm)


def _pair(
    size: tuple[int, int, int], num_classes: int | None, settings: Settings
) -> tuple[Any, Any]:
    """Return the modules of both players; layers double or halve up to 4 pixels."""
    num_layers = max(1, round(math.log2(min(size[:2]) / _BASE_SIDE)))
    width = settings.require("width")
    features = [min(width * 2**depth, _MAX_FEATURES) for depth in range(num_layers)]
    generator_options: dict[str, Any] = {"shape": size, "channels": features[::-1]}
    critic_options: dict[str, Any] = {
        "channels": features,
        "features": num_classes is not None,
        "normalization": "spectral",
    }
    if settings.model == "tiny":
        init = jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")
        generator_options |= {"kernel_init": init, "normalization": "pixel"}
        init = jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal")
        critic_options |= {"kernel_init": init, "normalization": "none", "center": True}
    generator = modules.DCGANGenerator(**generator_options)
    critic = modules.DCGANDiscriminator(**critic_options)
    if num_classes is None:
        return generator, critic
    return (
        modules.Concatenate(generator, num_classes=num_classes),
        modules.Projection(
            critic, num_classes=num_classes, embedding_init=jax.nn.initializers.zeros
        ),
    )
