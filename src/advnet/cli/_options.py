"""Options of the commands that train."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from advnet.cli._processes import Processes
from advnet.recipes import RECIPES
from advnet.runs import Config, TrainingOptions, UserDataOptions

if TYPE_CHECKING:
    RecipeName = str
else:
    RecipeName = tyro.extras.literal_type_from_choices(RECIPES)


@dataclass(frozen=True, kw_only=True)
class Train(TrainingOptions, Processes):
    """Train a recipe and evaluate its samples.

    Without --data-dir the recipes for MNIST use 5,000 real digits that a package ships,
    and take a few minutes:

        advnet train mnist

    The experiment of 2014, which the same command resumes after an interruption:

        advnet train mnist_2014 --data-dir DIR --epochs 500 --run runs/paper
    """

    run: Path | None = None
    recipe: RecipeName
    """See `advnet recipes`."""
    data_dir: Path | None = None
    """Folder with the official files: MNIST's four IDX files, gzipped or not;
    CIFAR-10's six binary files, downloaded by default; or the .mat file of faces in
    the layout of the Toronto Face Database."""
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    """Order of updates in the recipes of 2014: simultaneous, as the authors' code, or
    alternating, as Algorithm 1."""
    k: int | None = None
    """Critic steps for each generator step, with --updates alternating; 1 by
    default."""
    fold: int = 0
    """Fold of the faces, 0 to 4."""
    pretrained: Path | None = None
    """Run folder of tfd_pretrain_2014, from which tfd_2014 starts."""
    dry_run: bool = False
    """Print sizes, memory and time, and write nothing."""

    def to_config(self) -> Config:
        """Return the configuration of the run."""
        return Config(
            **_training_options(self),
            recipe=self.recipe,
            data=self.data_dir,
            updates=self.updates,
            k=self.k,
            fold=self.fold,
            pretrained=self.pretrained,
        )


@dataclass(frozen=True, kw_only=True)
class Fit(TrainingOptions, UserDataOptions, Processes):
    """Train on your own data of any shape, with networks chosen by the shape.

    The data are a table, a .npy or .npz file, or a folder of images. One tenth is held
    out for validation and one tenth for the evaluation:

        advnet fit measurements.npy --epochs 100

    Use --dry-run to see networks, settings, sizes, memory and time first. The options
    from --loss to --precision replace settings that the networks come with.
    """

    run: Path | None = None
    data: Path
    """A .npy file [n, ...], a .npz file, a table with names of columns (.csv, .tsv,
    .parquet), a .csv or .tsv file of numbers, or a folder of images."""
    config: Path | None = None
    """A config.json, or the folder of a run, whose options are the defaults here."""
    labels: str | None = None
    """Classes of the examples: a .npy file of integers or text, one for each example,
    "none" to ignore the class folders of images, or the name of a category of a table.
    Class folders are the labels by default. With labels, `advnet sample --condition
    NAME` draws from one class."""
    kinds: tuple[str, ...] = ()
    """Kinds of columns of a table, each as COLUMN=KIND, where they are not to be
    recognized: continuous, integer, category, boolean or date."""
    lr: tuple[float, ...] = ()
    """Learning rate: one number, or two for generator and discriminator."""
    mirror: bool = False
    """Mirror images at random."""
    dry_run: bool = False
    """Print networks, settings, sizes, memory and time, and write nothing."""

    def to_config(self) -> Config:
        """Return the configuration of the run."""
        if len(self.lr) > 2:
            raise ValueError(
                f"Expected one or two numbers after --lr, got {len(self.lr)}. Give one "
                "for both players, or those of generator and discriminator."
            )
        rates = (self.lr[0], self.lr[-1]) if self.lr else None
        rates = self.lr[0] if len(self.lr) == 1 else rates
        return Config(
            **_shared_options(self),
            data=self.data,
            labels=self.labels,
            kinds=_parse_kinds(self.kinds),
            learning_rate=rates,
            mirror=self.mirror or None,
        )

    def with_defaults_from(self, config: Config) -> "Fit":
        """Return options whose values are those of another run; data stay missing.

        Raises:
          ValueError: If the other run is not a run on data of the user's own.
        """
        if config.recipe is not None:
            raise ValueError(
                f"Expected the configuration of a run on your own data, got one of the "
                f"recipe {config.recipe}. Use advnet train."
            )
        rates = config.learning_rate
        own = {
            "run": None,
            "lr": () if rates is None else tuple(np.atleast_1d(rates).tolist()),
            "labels": config.labels if isinstance(config.labels, str) else None,
            "kinds": tuple(f"{c}={kind}" for c, kind in (config.kinds or {}).items()),
            "mirror": bool(config.mirror),
            "data": tyro.MISSING,
        }
        return replace(self, **_shared_options(config) | own)


def _parse_kinds(texts: tuple[str, ...]) -> dict[str, str] | None:
    """Return kinds by column from texts COLUMN=KIND."""
    for text in texts:
        if "=" not in text:
            raise ValueError(
                f"Expected COLUMN=KIND after --kinds, such as zip=category, got "
                f"{text!r}."
            )
    return dict(text.rsplit("=", 1) for text in texts) or None


def _training_options(options: TrainingOptions) -> dict:
    names = (field.name for field in fields(TrainingOptions))
    return {name: getattr(options, name) for name in names}


def _shared_options(options: Any) -> dict:
    """Return the options that `Fit` and `Config` have in common."""
    names = (field.name for field in fields(UserDataOptions))
    own = {name: getattr(options, name) for name in names}
    return _training_options(options) | own
