"""What the paper's networks are trained with today."""

import optax

from advnet.dynamics import alternating, averaged
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Prior


def modern(
    game: Game, prior: Prior, *, about: str, batch_size: int, rate: float = 2e-4
) -> Recipe:
    """Adam in turns, and an average of the generator over the last tenth at most."""
    algorithm = averaged(alternating(game, optax.adam(rate, b1=0.5)), decay=0.9998)
    about = f"{about}, trained as one would today"
    return Recipe(game, algorithm, batch_size, prior, about)
