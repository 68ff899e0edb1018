"""Modern training of the paper's networks."""

import optax

from advnet.dynamics import alternating, averaged
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Prior


def modern(
    game: Game, prior: Prior, *, about: str, batch_size: int, rate: float = 2e-4
) -> Recipe:
    """Build a recipe with alternating Adam and an average of the generator."""
    algorithm = averaged(alternating(game, optax.adam(rate, b1=0.5)), decay=0.9998)
    about = f"{about}, modern training"
    return Recipe(game, algorithm, batch_size, prior, about)
