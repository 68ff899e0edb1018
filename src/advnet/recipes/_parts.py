"""Parts of a game and of its training that the settings of a user decide."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from advnet import augment, games, losses, networks, terms
from advnet._validation import check_classes
from advnet.dynamics import alternating, averaged
from advnet.recipes._settings import Settings
from advnet.types import Algorithm, Game, Network, Prior, Term


def require_num_classes(labels: ArrayLike, num: int, num_classes: int | None) -> int:
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


def penalties(settings: Settings) -> list[Term]:
    """Return the penalties R1 and R2 whose weights are not 0."""
    weights = {terms.r1: settings.r1, terms.r2: settings.r2}
    return [term(weight) for term, weight in weights.items() if weight]


def in_precision(module: Any, settings: Settings) -> Network:
    """Return a module as a network that computes in the precision of the settings."""
    if settings.precision == "bfloat16":
        return networks.in_bfloat16(module)
    return networks.as_network(module)


def image_game(
    generator: Any,
    critic: Any,
    prior: Prior,
    *,
    conditional: bool,
    settings: Settings,
    penalties: list[Term],
    colors: bool,
) -> Game:
    """Build the game of a pair for images.

    Args:
      generator: Module of z, and of a label if the game is conditional.
      critic: Module of an image, and of a label if the game is conditional.
      prior: Distribution of z.
      conditional: Whether a batch is a pair of images and labels.
      settings: Settings without None for the loss, augment and mirror.
      penalties: Penalties of the critic.
      colors: Whether images have three channels, whose colors may be augmented.
    """
    build = games.conditional if conditional else games.gan
    return build(
        generator,
        _augmented(critic, settings, colors),
        prior,
        loss=losses.get(settings.require("loss")),
        terms=penalties,
    )


def _augmented(critic: Any, settings: Settings, colors: bool) -> Any:
    """Put the augmentation and the mirror of the settings in front of a critic."""
    transforms = [augment.mirror()] if settings.mirror else []
    initial = 1.0
    if settings.augment == "diff":
        policy = "color,translation,cutout" if colors else "translation,cutout"
        transforms.append(augment.diff_augment(policy))
    if settings.augment == "ada":
        # p also scales the mirror, which ADA's own set holds.
        transforms, initial = [augment.ada()], 0.0
    if not transforms:
        return critic
    return augment.augmented(critic, augment.compose(*transforms), p=initial)


def optimize(game: Game, settings: Settings, *, b1: float, b2: float) -> Algorithm:
    """Return alternating Adam with an average of the players unless `ema` is 0."""
    generator, discriminator = settings.rates()
    algorithm = alternating(
        game,
        {
            "generator": optax.adam(generator, b1=b1, b2=b2),
            "discriminator": optax.adam(discriminator, b1=b1, b2=b2),
        },
        k=settings.require("k"),
    )
    return averaged(algorithm, decay=settings.ema) if settings.ema else algorithm


def half_cosine(
    start: float, end: float, num_steps: int
) -> Callable[[jax.Array], jax.Array]:
    """Return a schedule from `start` to `end` over `num_steps`, constant afterwards."""

    def schedule(step: jax.Array) -> jax.Array:
        share = jnp.clip(step.astype(jnp.float32) / num_steps, 0.0, 1.0)
        return end + (start - end) * 0.5 * (1 + jnp.cos(jnp.pi * share))

    return schedule
