"""The training of the authors' code, which all experiments of 2014 share."""

from collections.abc import Callable

import jax.numpy as jnp
import optax

from advnet.dynamics import alternating, simultaneous
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Prior

Wrap = Callable[[optax.GradientTransformation], optax.GradientTransformation]


def original(
    game: Game,
    prior: Prior,
    *,
    about: str,
    num_examples: int,
    batch_size: int,
    rate: float,
    updates: str,
    k: int,
    shared_draws: bool = True,
    wrap: Wrap = lambda optimizer: optimizer,
) -> Recipe:
    """Build a recipe with the authors' training, or with Algorithm 1 as printed."""
    sgd = wrap(_annealed_sgd(rate, steps_per_epoch=num_examples / batch_size))
    # The authors' critic cost is half of eq. 1, which halves the gradient.
    optimizers = {
        "discriminator": optax.chain(optax.scale(0.5), sgd),
        "generator": sgd,
    }
    about = f"{about} as in 2014, {updates} updates"
    if updates == "simultaneous" and k != 1:
        raise ValueError(
            f"Expected k = 1 with simultaneous updates, got {k}; k is for "
            "'alternating'."
        )
    if updates == "simultaneous":
        algorithm = simultaneous(game, optimizers, shared_draws=shared_draws)
        return Recipe(game, algorithm, batch_size, prior, about)
    if updates == "alternating":
        algorithm = alternating(game, optimizers, k=k)
        return Recipe(game, algorithm, batch_size * k, prior, about)
    raise ValueError(
        f"Expected updates to be 'simultaneous' or 'alternating', got {updates!r}."
    )


def _annealed_sgd(rate: float, steps_per_epoch: float) -> optax.GradientTransformation:
    """Return SGD with rate / 1.000004^t, at least 1e-6, and momentum .5 to .7."""
    return optax.inject_hyperparams(optax.sgd)(
        learning_rate=lambda step: jnp.maximum(rate * 1.000004 ** (-step), 1e-6),
        momentum=optax.linear_schedule(0.5, 0.7, round(250 * steps_per_epoch)),
    )
