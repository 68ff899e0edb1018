from typing import NamedTuple

from advnet.types import Algorithm, Game


class Recipe(NamedTuple):
    """A game, how it is trained, and how many examples a step takes."""

    game: Game
    algorithm: Algorithm
    batch_size: int
