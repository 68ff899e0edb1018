"""The configuration of a run: one record, checked once, stored as JSON."""

import dataclasses
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np

from advnet._validation import require_known
from advnet.data import Frame
from advnet.recipes import RECIPES, USER_DATA, RecipeSpec, Settings
from advnet.runs._config_checks import (
    check_numbers,
    check_recipe_options,
    check_types,
)
from advnet.runs._options import TrainingOptions, UserDataOptions

STORED_ARRAY = "array"
"""Value of `labels` in config.json where they were an array."""

_PATHS = ("data", "pretrained", "run")
_SETTINGS = tuple(field.name for field in dataclasses.fields(Settings))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingOptions, UserDataOptions):
    """Everything that defines a training run.

    Either `recipe` names an experiment of `recipes.RECIPES`, or it is None and `data`
    holds examples of your own, for which `recipes.for_data` chooses the networks.

    Attributes:
      recipe: Name of a recipe, or None for data of your own.
      data: File or folder of the data, an array [n, ...], or a frame of pandas or
        polars. None stands for the data that the recipe finds by itself.
      key: Name of the array in a .npz file.
      labels: Classes of the examples: an array [n], a .npy file of integers or text,
        "none" to ignore the class folders of images, or the name of a category of a
        table. By default class folders are the labels where there are any. With labels
        the networks are conditional.
      kinds: Kinds of columns of a table by name, where they are not to be recognized;
        see `data.Table.from_rows`.
      size: Height and width of images.
      channels: Channels of images: 1, 3 or 4.
      skip_damaged: Whether images that cannot be read are left out and counted.
      kind: "series" for examples [t, c], "arrays" for the fully connected pair; by
        default the shape decides, see `recipes.for_data`.
      window: Length of the windows that a long table or array [t, c] is cut into.
      stride: Rows between the starts of two windows; a quarter of a window by default.
      time: Column of a table by which its rows are sorted before they are cut.
      split_seed: Seed of the split of your own data into train, valid and test. The
        default is `seed`; it is stored, so that a fork with another seed keeps the
        split.
      updates: Order of updates in the recipes of 2014: simultaneous, as the authors'
        code, or alternating, as Algorithm 1.
      k: Critic steps for each generator step; the recipes of 2014 take it with
        alternating updates. None stands for the number of the recipe.
      fold: Fold of the faces, 0 to 4.
      pretrained: Run folder of tfd_pretrain_2014, from which tfd_2014 starts.
      loss: Name of a loss in `losses.names()`; None leaves the choice to the recipe, as
        in all settings below. See `recipes.Settings`.
      r1: Weight of the R1 penalty.
      r2: Weight of the R2 penalty.
      learning_rate: Learning rate, or a pair (generator, discriminator).
      batch_size: Examples of one step of the critic.
      ema: Decay of the average of the generator.
      width: Units of a layer, or channels of the first stage.
      model: Networks: "tiny", "small", "base", "dcgan" or "mlp".
      augment: Augmentation of what the critic sees: "none", "diff" or "ada".
      mirror: Whether images are mirrored at random.
      precision: Type in which the networks compute: "float32" or "bfloat16".
      epochs: Passes over the training data; the default depends on the data.
      steps: Training steps, in place of epochs.
      seed: Seed of everything random.
      run: Folder of the run; the first free folder runs/NAME-N by default.
      samples: Samples to evaluate.
      score: Score on validation data: "features" for minus the sliced Wasserstein
        distance in features that suit the data, "parzen" for the log-likelihood of
        images in [0, 1] under a Parzen window.
      score_every: Epochs between scores; 0 takes none; None takes about 20 scores.
      patience: Scores without an improvement after which training stops.
      checkpoint_every: Steps between checkpoints, the most that a kill can cost.
      on_nan: Response to NaN: stop, skip or halve.
      metrics_every: Steps between rows of metrics, and between checks for NaN.
      steps_per_call: Steps compiled into one program.
      devices: Local devices to train on; all of them by default.

    Raises:
      TypeError: If a value has the wrong type.
      ValueError: If the recipe is unknown, a number is out of range, or an option does
        not belong to the recipe.

    Examples:
      >>> config = Config(data=np.zeros((100, 2)), epochs=10)
      >>> config.seed, config.checkpoint_every
      (0, 1000)
    """

    recipe: str | None = None
    data: Path | str | np.ndarray | Frame | None = None
    labels: Path | str | np.ndarray | None = None
    kinds: dict | None = None
    learning_rate: float | tuple[float, float] | None = None
    mirror: bool | None = None
    split_seed: int | None = None
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    fold: int = 0
    pretrained: Path | str | None = None

    def __post_init__(self):
        """Check every number, and refuse options that the recipe does not take."""
        for name in _PATHS:
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))
        for name in ("size", "learning_rate"):  # JSON has no tuples
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, tuple(value))
        check_types(self)
        check_numbers(self)
        check_recipe_options(self)

    @property
    def spec(self) -> RecipeSpec:
        """The row of the table of recipes."""
        if self.recipe is None:
            return USER_DATA
        return require_known(RECIPES, self.recipe, "recipe")

    @property
    def settings(self) -> Settings:
        """The settings of training for a recipe of the user's data."""
        return Settings(**{name: getattr(self, name) for name in _SETTINGS})

    @property
    def name(self) -> str:
        """Short name of the run: the recipe, or the name of the data."""
        if self.recipe is not None:
            return self.recipe
        stem = self.data.stem if isinstance(self.data, Path) else "array"
        return stem or "data"

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values; `run` and arrays are left out."""
        values = {
            field.name: _as_json(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "run"
        }
        if isinstance(self.labels, np.ndarray):
            values["labels"] = STORED_ARRAY
        elif isinstance(self.labels, str) and self.labels.endswith(".npy"):
            values["labels"] = _as_json(Path(self.labels))
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any], **changes: Any) -> "Config":
        """Return the configuration stored in `values`, with changes.

        Raises:
          ValueError: If a field is unknown, or its value is of another type.
        """
        unknown = sorted(
            set(values) - {field.name for field in dataclasses.fields(cls)}
        )
        if unknown:
            raise ValueError(
                f"Expected fields of runs.Config, got {unknown}. Correct or remove "
                "them."
            )
        try:
            return cls(**{**values, **changes})
        except TypeError as error:
            raise ValueError(str(error)) from None

    def with_split_seed(self, stored: int | None = None) -> "Config":
        """Return the configuration with the seed of its split, which may be stored."""
        if "seed" not in self.spec.data_options or self.split_seed is not None:
            return self
        seed = self.seed if stored is None else stored
        return dataclasses.replace(self, split_seed=seed)

    def changes_from(self, values: dict[str, Any]) -> list[str]:
        """Return the differences from a stored configuration that a resume forbids."""
        current = self.to_json()
        return [
            f"{field.name} {values.get(field.name)} -> {current[field.name]}"
            for field in dataclasses.fields(self)
            if not field.metadata.get("may_change")
            and not _same(field.name, values.get(field.name), current[field.name])
        ]


def _same(name: str, stored: Any, current: Any) -> bool:
    """Return whether two values of a field are equal; links name the same file."""
    if (
        name in (*_PATHS, "labels")
        and isinstance(stored, str)
        and isinstance(current, str)
    ):
        return os.path.realpath(stored) == os.path.realpath(current)
    return stored == current


def _as_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    if isinstance(value, tuple):
        return list(value)
    return None if isinstance(value, np.ndarray | Frame) else value
