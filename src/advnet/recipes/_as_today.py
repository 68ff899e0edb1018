"""What the paper's networks are trained with today."""

import optax

from advnet.dynamics import alternating, averaged
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Prior


def as_today(game: Game, prior: Prior, *, about: str, batch_size: int) -> Recipe:
    """Adam in turns, and an average of the generator."""
    algorithm = averaged(alternating(game, optax.adam(2e-4, b1=0.5)), decay=0.998)
    about = f"{about}, trained as one would today"
    return Recipe(game, algorithm, batch_size, prior, about)
