"""The configuration of a run: one record, checked once, stored as JSON."""

import dataclasses
import math
import os
import reprlib
import types
import typing
from pathlib import Path
from typing import Any, Literal

import numpy as np

from advnet._validation import check_at_least, require_known
from advnet.recipes import RECIPES, USER_DATA, RecipeSpec

_PATHS = ("data", "pretrained", "run")
_SCHEDULES = ("checkpoint_every", "metrics_every")
_RECIPE_OPTIONS = ("key", "updates", "k", "fold", "pretrained")

MAX_STEPS = 2**31 - 1
"""Largest number of steps that the counter of a state, an int32, can hold."""

_MAX_SEED = 2**32 - 1
_MAX_SHOWN = 60  # characters of a wrong value

_ADVICE = {"data": " Pass an array, numpy.asarray(data), or a path."}


def _option(default: Any) -> Any:
    """Return a field that may change when a run is resumed."""
    return dataclasses.field(default=default, metadata={"may_change": True})


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """Options of every training run: its length, its seed and its schedules.

    Attributes:
      epochs: Passes over the training data. The default is 60, and for small data sets
        of your own the number of epochs that 3,000 steps take.
      steps: Training steps, in place of epochs.
      seed: Seed of everything random: the same seed gives the same run.
      run: Folder of the run. A folder that holds this run resumes it. The default is
        the first free folder runs/NAME-N.
      samples: Samples to evaluate, at most the number of training examples.
      score_every: Epochs between scores on validation data, rounded to a whole number
        of calls (see steps-per-call). The best state is kept.
      patience: Stop after so many scores without an improvement; needs score-every.
      checkpoint_every: Steps between checkpoints, the most that a kill can cost; the
        newest two are kept.
      on_nan: Response to NaN: stop; restore a checkpoint and skip the batches since; or
        restore a checkpoint and halve the learning rate of the player that produced
        NaN.
      metrics_every: Steps between rows of metrics, and between checks for NaN.
      steps_per_call: Steps compiled into one program, so that the host waits less for a
        fast device. The default is 1 on a CPU and up to 20 elsewhere, as the schedules
        allow.
    """

    epochs: float | None = _option(None)
    steps: int | None = _option(None)
    seed: int = 0
    run: Path | str | None = _option(None)
    samples: int = _option(10_000)
    score_every: float | None = _option(None)
    patience: int | None = _option(None)
    checkpoint_every: int = _option(1000)
    on_nan: Literal["stop", "skip", "halve"] = _option("stop")
    metrics_every: int = _option(20)
    steps_per_call: int | None = _option(None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingOptions):
    """Everything that defines a training run.

    Either `recipe` names an experiment of `recipes.RECIPES`, or it is None and `data`
    holds examples of your own, for which `recipes.for_data` chooses the networks.

    Attributes:
      recipe: Name of a recipe, or None for data of your own.
      data: File or folder of the data, or an array [n, ...]. None stands for the data
        that the recipe finds by itself.
      key: Name of the array in a .npz file.
      split_seed: Seed of the split of your own data into train, valid and test. The
        default is `seed`; it is stored, so that a fork with another seed keeps the
        split.
      updates: Order of updates in the recipes of 2014: simultaneous, as the authors'
        code, or alternating, as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.
      fold: Fold of the faces, 0 to 4.
      pretrained: Run folder of tfd_pretrain_2014, from which tfd_2014 starts.
      epochs: Passes over the training data; the default depends on the data.
      steps: Training steps, in place of epochs.
      seed: Seed of everything random.
      run: Folder of the run; the first free folder runs/NAME-N by default.
      samples: Samples to evaluate.
      score_every: Epochs between scores on validation data; None takes no scores.
      patience: Scores without an improvement after which training stops.
      checkpoint_every: Steps between checkpoints, the most that a kill can cost.
      on_nan: Response to NaN: stop, skip or halve.
      metrics_every: Steps between rows of metrics, and between checks for NaN.
      steps_per_call: Steps compiled into one program.

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
    data: Path | str | np.ndarray | None = None
    key: str | None = None
    split_seed: int | None = None
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    k: int = 1
    fold: int = 0
    pretrained: Path | str | None = None

    def __post_init__(self):
        """Check every number, and refuse options that the recipe does not take."""
        for name in _PATHS:
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))
        _check_types(self)
        _check_numbers(self)
        _check_recipe_options(self)

    @property
    def spec(self) -> RecipeSpec:
        """The row of the table of recipes."""
        if self.recipe is None:
            return USER_DATA
        return require_known(RECIPES, self.recipe, "recipe")

    @property
    def name(self) -> str:
        """Short name of the run: the recipe, or the name of the data."""
        if self.recipe is not None:
            return self.recipe
        stem = self.data.stem if isinstance(self.data, Path) else "array"
        return stem or "data"

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values; `run` and arrays are left out."""
        return {
            field.name: _as_json(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "run"
        }

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


def check_seed(seed: int) -> None:
    """Raise if a seed does not fit the 32 bits of a random key."""
    check_at_least(0, seed=seed)
    if seed > _MAX_SEED:
        raise ValueError(
            f"Expected seed <= {_MAX_SEED}, got {seed}. Random keys have 32 bits of it."
        )


def _same(name: str, stored: Any, current: Any) -> bool:
    """Return whether two values of a field are equal; links name the same file."""
    if name in _PATHS and isinstance(stored, str) and isinstance(current, str):
        return os.path.realpath(stored) == os.path.realpath(current)
    return stored == current


def _as_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    return None if isinstance(value, np.ndarray) else value


def _check_types(config: Config) -> None:
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        value, hint = getattr(config, field.name), hints[field.name]
        if not _is_a(value, hint):
            raise TypeError(
                f"Expected {field.name} of {_in_words(hint)}, got {_shortened(value)} "
                f"({type(value).__name__}).{_ADVICE.get(field.name, '')}"
            )


def _in_words(hint: Any) -> str:
    """Return the name of a type as a user writes it."""
    if parts := typing.get_args(hint):
        return " | ".join(map(_in_words, parts))
    return "None" if hint is type(None) else getattr(hint, "__name__", str(hint))


def _shortened(value: Any) -> str:
    """Return the first characters of the representation of a value."""
    text = " ".join(reprlib.repr(value).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _is_a(value: Any, hint: Any) -> bool:
    """Return whether a value has the type of an annotation."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_is_a(value, option) for option in typing.get_args(hint))
    if hint in (int, float):
        numbers = (int, np.integer) if hint is int else (int, float, np.number)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, hint)


def _check_numbers(config: Config) -> None:
    names = ("steps", "samples", "patience", "k", "steps_per_call", *_SCHEDULES)
    counts = {name: getattr(config, name) for name in names}
    check_at_least(1, **{n: count for n, count in counts.items() if count is not None})
    check_at_least(0, fold=config.fold)
    check_seed(config.seed)
    if config.split_seed is not None:
        check_seed(config.split_seed)
    if config.steps is not None and config.steps > MAX_STEPS:
        raise ValueError(f"Expected steps <= {MAX_STEPS}, got {config.steps}.")
    for name in _SCHEDULES:
        if counts[name] % (config.steps_per_call or 1):
            raise ValueError(
                f"Expected {name} to be a multiple of steps_per_call="
                f"{config.steps_per_call}, got {counts[name]}."
            )
    for name in ("epochs", "score_every"):
        epochs = getattr(config, name)
        if epochs is not None and not 0 < epochs < math.inf:
            raise ValueError(f"Expected {name} > 0, in epochs, got {epochs}.")
    if config.steps is not None and config.epochs is not None:
        raise ValueError(
            f"Expected steps or epochs, got both: steps={config.steps} and epochs="
            f"{config.epochs}. Leave one out."
        )
    if config.patience is not None and config.score_every is None:
        raise ValueError("patience counts scores: pass score_every too.")


def _check_recipe_options(config: Config) -> None:
    allowed = {*config.spec.options, *config.spec.data_options}
    for field in dataclasses.fields(config):
        is_set = getattr(config, field.name) != field.default
        if field.name in _RECIPE_OPTIONS and field.name not in allowed and is_set:
            raise ValueError(
                f"The recipe {config.recipe or 'for your own data'} does not take "
                f"{field.name}; leave it out."
            )
    if "pretrained" in allowed and config.pretrained is None:
        raise ValueError(
            f"{config.recipe} starts from a run of tfd_pretrain_2014: name its folder "
            "with pretrained."
        )
