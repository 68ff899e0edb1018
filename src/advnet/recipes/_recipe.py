from typing import NamedTuple

from advnet.types import Algorithm, Game, Prior


class Recipe(NamedTuple):
    """A game, how it is trained, and how many examples a step takes.

    Attributes:
      game: Who plays.
      algorithm: How they move.
      batch_size: Examples of one step.
      prior: The noise the generator starts from.
      about: What it is, in a sentence.
    """

    game: Game
    algorithm: Algorithm
    batch_size: int
    prior: Prior
    about: str = ""
