"""The configuration of a run: one record, checked once, stored as JSON."""

import dataclasses
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np

from advnet._validation import check_at_least, require_known
from advnet.recipes import RECIPES, USER_DATA, RecipeSpec

_PATHS = ("data", "pretrained", "run")
_SCHEDULES = ("checkpoint_every", "metrics_every")
_RECIPE_OPTIONS = ("key", "updates", "k", "fold", "pretrained")


def _option(default: Any) -> Any:
    """Return a field that may change when a run is resumed."""
    return dataclasses.field(default=default, metadata={"may_change": True})


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """Options of every training run: its length, its seed and its schedules."""

    epochs: float | None = _option(None)
    """Passes over the training data. The default is 60, and for small data sets of
    your own the number of epochs that 3,000 steps take."""
    steps: int | None = _option(None)
    """Training steps, in place of epochs."""
    seed: int = 0
    """Seed of everything random: the same seed gives the same run."""
    run: Path | None = _option(None)
    """Folder of the run. A folder that holds this run resumes it. The default is the
    first free folder runs/NAME-N."""
    samples: int = _option(10_000)
    """Samples to evaluate, at most the number of training examples."""
    score_every: float | None = _option(None)
    """Epochs between scores on validation data, rounded to a whole number of calls
    (see steps-per-call). The best state is kept."""
    patience: int | None = _option(None)
    """Stop after so many scores without an improvement; needs score-every."""
    checkpoint_every: int = _option(1000)
    """Steps between checkpoints; the newest two are kept."""
    on_nan: Literal["stop", "skip", "halve"] = _option("stop")
    """Response to NaN: stop; restore a checkpoint and skip the batches since; or
    restore a checkpoint and halve the learning rate of the player that produced NaN."""
    metrics_every: int = _option(20)
    """Steps between rows of metrics, and between checks for NaN."""
    steps_per_call: int | None = _option(None)
    """Steps compiled into one program, so that the host waits less for a fast device.
    The default is 1 on a CPU and up to 20 elsewhere, as the schedules allow."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingOptions):
    """Everything that defines a training run.

    Either `recipe` names an experiment of `recipes.RECIPES`, or it is None and `data`
    holds examples of your own, for which `recipes.for_data` chooses the networks.

    Raises:
      ValueError: If the recipe is unknown, a number is out of range, or an option does
        not belong to the recipe.

    Examples:
      >>> config = Config(data=np.zeros((100, 2)), epochs=10)
      >>> config.seed, config.checkpoint_every
      (0, 1000)
    """

    recipe: str | None = None
    """Name of a recipe, or None for data of your own."""
    data: Path | np.ndarray | None = None
    """File or folder of the data, or an array [n, ...]. None stands for the data that
    the recipe finds by itself."""
    key: str | None = None
    """Name of the array in a .npz file."""
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    """Order of updates in the recipes of 2014: simultaneous, as the authors' code, or
    alternating, as Algorithm 1."""
    k: int = 1
    """Critic steps for each generator step, with alternating updates."""
    fold: int = 0
    """Fold of the faces, 0 to 4."""
    pretrained: Path | None = None
    """Run folder of tfd_pretrain_2014, from which tfd_2014 starts."""

    def __post_init__(self):
        """Check every number, and refuse options that the recipe does not take."""
        for name in _PATHS:
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))
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
          ValueError: If a field is unknown.
        """
        unknown = sorted(
            set(values) - {field.name for field in dataclasses.fields(cls)}
        )
        if unknown:
            raise ValueError(
                f"Expected fields of runs.Config, got {unknown}. Correct or remove "
                "them."
            )
        return cls(**{**values, **changes})

    def changes_from(self, values: dict[str, Any]) -> list[str]:
        """Return the differences from a stored configuration that a resume forbids."""
        current = self.to_json()
        return [
            f"{field.name} {values.get(field.name)} -> {current[field.name]}"
            for field in dataclasses.fields(self)
            if not field.metadata.get("may_change")
            and values.get(field.name) != current[field.name]
        ]


def _as_json(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    return None if isinstance(value, np.ndarray) else value


def _check_numbers(config: Config) -> None:
    names = ("steps", "samples", "patience", "k", "steps_per_call", *_SCHEDULES)
    counts = {name: getattr(config, name) for name in names}
    check_at_least(1, **{n: count for n, count in counts.items() if count is not None})
    check_at_least(0, seed=config.seed, fold=config.fold)
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
