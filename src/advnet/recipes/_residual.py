"""The residual pair and the training of R3GAN."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import optax

from advnet import modules, priors, terms
from advnet.dynamics import (
    adaptive,
    alternating,
    averaged,
    scheduled,
    scheduled_augmentation,
)
from advnet.recipes._parts import half_cosine, image_game
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings
from advnet.types import Algorithm, Game, Term

_WIDTHS = {"small": 192, "base": 768}
RESIDUAL_MODELS = tuple(_WIDTHS)
_NUM_IMAGES = {"small": 5_000_000, "base": 20_000_000}
_FULL_WIDTH_SIDE = 32  # pixels; each doubling beyond halves the width
_BASE_SIDE = 4
_GROUP_SIZE = 16
_MAX_P = 0.5  # of the augmentation, at the end
_SPAN = 0.1  # half-life of the generator's average, as a share of the steps so far
_BFLOAT16_STAGES = 3

_TAKES = tuple(Settings.__dataclass_fields__)
# None stands for the schedules of R3GAN.
_DEFAULTS = Settings(
    loss="relativistic", batch_size=256, k=1, augment="ada", mirror=False
)


def residual(
    shape: tuple[int, ...], num_classes: int | None, settings: Settings
) -> Recipe:
    """Build R3GAN for images of a shape.

    The weights of R1 and R2, the learning rate, Adam's b2 and the probability of the
    augmentation follow a half cosine over the default length of training and are
    constant afterwards. The half-life of the generator's average is a tenth of the
    training so far.

    Args:
      shape: Shape of the training images, [n, h, w, c].
      num_classes: Number of classes of a conditional pair, or None.
      settings: Settings of the user. A penalty, a learning rate or a decay that is set
        is constant.

    Returns:
      The recipe.

    Raises:
      ValueError: If a setting does not apply.

    References:
      Huang et al. 2024 (R3GAN) and its published presets.
    """
    _, height, columns, channels = shape
    size = height, columns, channels
    model = settings.model or "small"
    width = settings.width or _WIDTHS[model]
    about = f"R3GAN for {' x '.join(map(str, size))} images, width {width}"
    on_cpu = jax.default_backend() == "cpu"
    defaults = dataclasses.replace(
        _DEFAULTS,
        width=width,
        model=model,
        precision="float32" if on_cpu else "bfloat16",
        batch_size=32 if on_cpu else _DEFAULTS.batch_size,
    )
    settings = settings.completed(defaults, _TAKES, about)
    options = {
        "width": _stage_widths(width, size[:2]),
        "group_size": _GROUP_SIZE,
        "num_classes": num_classes,
    }
    if settings.precision == "bfloat16":  # of the highest resolutions, as published
        options["bfloat16_stages"] = _BFLOAT16_STAGES
    batch_size = settings.require("batch_size") * settings.require("k")
    num_steps = _NUM_IMAGES[model] // batch_size
    prior = priors.normal(64)
    game = image_game(
        modules.ResidualGenerator(size, **options),
        modules.ResidualDiscriminator(**options),
        prior,
        conditional=num_classes is not None,
        settings=settings,
        penalties=_penalties(settings, min(size[:2]), num_steps),
        colors=size[2] == 3,
    )
    if num_classes is not None:
        about += f", {num_classes} classes"
    return Recipe(
        game,
        _algorithm(game, settings, num_steps),
        batch_size,
        prior,
        about,
        settings=settings.as_dict(),
        num_steps=num_steps,
    )


def _stage_widths(width: int, size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the width of each stage: full up to 32 pixels, then halved each time."""
    num_stages = 1 + max(0, round(math.log2(min(size) / _BASE_SIDE)))
    num_full = 1 + round(math.log2(_FULL_WIDTH_SIDE / _BASE_SIDE))
    halvings = (max(0, stage + 1 - num_full) for stage in range(num_stages))
    # A stage holds at least one group of channels inside a block.
    return tuple(max(_GROUP_SIZE // 2, width // 2**count) for count in halvings)


def _penalties(settings: Settings, side: int, num_steps: int) -> list[Term]:
    """Return R1 and R2, with the weights of R3GAN where none are set."""
    # Presets: .05 at 32 pixels, 1 to 2 at 64, 150 at 256. Pixels here are in [0, 1]:
    # squared gradients are four times those of [-1, 1], and a weight is gamma / 2.
    gamma = 0.05 * (side / 32) ** 4
    falling = half_cosine(gamma / 8, gamma / 80, num_steps)
    weights = {terms.r1: settings.r1, terms.r2: settings.r2}
    return [
        term(falling if weight is None else weight)
        for term, weight in weights.items()
        if weight is None or weight > 0
    ]


def _algorithm(game: Game, settings: Settings, num_steps: int) -> Algorithm:
    """Return alternating Adam with the schedules of R3GAN."""
    rates = settings.rates((math.nan, math.nan))
    falling = half_cosine(2e-4, 5e-5, num_steps)
    rising = half_cosine(0.9, 0.99, num_steps)

    def optimizer(rate: float, step: jax.Array) -> optax.GradientTransformation:
        learning_rate = falling(step) if math.isnan(rate) else rate
        return optax.adam(learning_rate, b1=0.0, b2=rising(step))

    def build(step: jax.Array) -> Algorithm:
        algorithm = alternating(
            game,
            {
                "generator": optimizer(rates[0], step),
                "discriminator": optimizer(rates[1], step),
            },
            k=settings.require("k"),
        )
        decay = growing_decay(step) if settings.ema is None else settings.ema
        return averaged(algorithm, decay=decay) if settings.ema != 0 else algorithm

    algorithm = scheduled(build)
    if settings.augment != "ada":
        return algorithm
    if settings.loss == "relativistic":
        p = half_cosine(0.0, _MAX_P, num_steps)
        return scheduled_augmentation(algorithm, p)
    return adaptive(algorithm)


def growing_decay(step: jax.Array) -> jax.Array:
    """Return the decay of an average over a tenth of the steps so far."""
    half_life = _SPAN * step.astype(jnp.float32) + 1
    return 0.5 ** (1 / half_life)
