"""The table of recipes: one row for each experiment that `advnet train` knows."""

import inspect
from collections.abc import Callable
from typing import NamedTuple

from advnet.data import Dataset
from advnet.recipes import _load
from advnet.recipes._cifar10 import (
    cifar10_conv,
    cifar10_conv_2014,
    cifar10_fc,
    cifar10_fc_2014,
)
from advnet.recipes._for_data import for_data
from advnet.recipes._mnist import mnist, mnist_2014
from advnet.recipes._recipe import Recipe
from advnet.recipes._tfd import tfd, tfd_2014, tfd_pretrain_2014
from advnet.recipes._user_table import load_data_or_table


class RecipeSpec(NamedTuple):
    """One row of the table of recipes.

    Attributes:
      make: `make(train, **options) -> Recipe`, where `train` is [n, ...]. A function
        with the arguments `labels` and `num_classes` is given the labels of the data; a
        function with the argument `settings` is given a `Settings`.
      load_data: `load_data(path, **data_options) -> Dataset`. `path` is None where the
        user named none.
      options: Names of the keyword arguments of `make`, each a field of `runs.Config`.
      data_options: Names of the keyword arguments of `load_data`, likewise.
      epochs: Default length of training, in epochs.
      min_steps: Default length of training in steps, at the least.
    """

    make: Callable[..., Recipe]
    load_data: Callable[..., Dataset]
    options: tuple[str, ...] = ()
    data_options: tuple[str, ...] = ()
    epochs: float = 60.0
    min_steps: int = 1

    def takes(self, argument: str) -> bool:
        """Return whether `make` has an argument, such as "labels" or "settings"."""
        return argument in inspect.signature(self.make).parameters


_UPDATES = ("updates", "k")

RECIPES: dict[str, RecipeSpec] = {
    "mnist": RecipeSpec(mnist, _load.mnist),
    "mnist_2014": RecipeSpec(mnist_2014, _load.mnist, _UPDATES),
    "cifar10_fc": RecipeSpec(cifar10_fc, _load.cifar10),
    "cifar10_fc_2014": RecipeSpec(cifar10_fc_2014, _load.cifar10, _UPDATES),
    "cifar10_conv": RecipeSpec(cifar10_conv, _load.cifar10),
    "cifar10_conv_2014": RecipeSpec(cifar10_conv_2014, _load.cifar10, _UPDATES),
    "tfd": RecipeSpec(tfd, _load.all_faces, data_options=("fold",)),
    "tfd_pretrain_2014": RecipeSpec(
        tfd_pretrain_2014, _load.unlabeled_faces, _UPDATES, ("fold",)
    ),
    "tfd_2014": RecipeSpec(
        tfd_2014, _load.labeled_faces, ("pretrained", *_UPDATES), ("fold",)
    ),
}
"""Recipes by name. A new recipe is one row here."""

USER_DATA = RecipeSpec(
    for_data,
    load_data_or_table,
    data_options=(
        *("key", "seed", "labels", "size", "channels", "skip_damaged"),
        *("kind", "window", "stride", "time", "kinds"),
    ),
    min_steps=3_000,
)
"""The recipe for data of the user's own, which has no name."""
