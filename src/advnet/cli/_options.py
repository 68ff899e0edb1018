"""Options of the commands that train."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from advnet.recipes import RECIPES
from advnet.runs import Config, TrainingOptions

if TYPE_CHECKING:
    RecipeName = str
else:
    RecipeName = tyro.extras.literal_type_from_choices(RECIPES)


@dataclass(frozen=True, kw_only=True)
class Train(TrainingOptions):
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
    k: int = 1
    """Critic steps for each generator step, with --updates alternating."""
    fold: int = 0
    """Fold of the faces, 0 to 4."""
    pretrained: Path | None = None
    """Run folder of tfd_pretrain_2014, from which tfd_2014 starts."""
    dry_run: bool = False
    """Print sizes, memory and time, and write nothing."""

    def config(self) -> Config:
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
class Fit(TrainingOptions):
    """Train on your own data of any shape, with networks chosen by the shape.

    The data are a .npy, .npz or .csv file, or a folder of images. One tenth is held out
    for validation and one tenth for the evaluation:

        advnet fit measurements.npy --epochs 100

    Use --dry-run to see sizes, memory and time first.
    """

    run: Path | None = None
    data: Path
    """A .npy file [n, ...], a .npz file, a .csv or .tsv file of numbers, or a folder of
    images."""
    key: str | None = None
    """Name of the array in a .npz file."""
    dry_run: bool = False
    """Print sizes, memory and time, and write nothing."""

    def config(self) -> Config:
        """Return the configuration of the run."""
        return Config(**_training_options(self), data=self.data, key=self.key)


def _training_options(options: TrainingOptions) -> dict:
    return {
        field.name: getattr(options, field.name) for field in fields(TrainingOptions)
    }
