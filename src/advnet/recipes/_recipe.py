from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from advnet.types import Algorithm, Game, Prior


class Recipe(NamedTuple):
    """A game, the algorithm that trains it, and the number of examples of one step.

    Attributes:
      game: The players and their objectives.
      algorithm: The training step.
      batch_size: Number of examples of one training step.
      prior: The noise that the generator starts from.
      about: A short description, such as "the paper's MNIST pair".
      settings: The settings of training by name, to be shown.
      num_steps: Default length of training; None leaves it to the table of recipes.
    """

    game: Game
    algorithm: Algorithm
    batch_size: int
    prior: Prior
    about: str = ""
    settings: Mapping[str, Any] = MappingProxyType({})
    num_steps: int | None = None
