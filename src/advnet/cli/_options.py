"""What the commands that train can be told; what a run folder remembers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RecipeName = Literal[
    "mnist",
    "mnist_2014",
    "cifar10_fc",
    "cifar10_fc_2014",
    "cifar10_conv",
    "cifar10_conv_2014",
    "tfd",
    "tfd_pretrain_2014",
    "tfd_2014",
]


@dataclass(frozen=True, kw_only=True)
class Running:
    """Options of every training run."""

    epochs: float | None = None
    """Passes over the training data: 60 by default, and for few data of your own as
    many as 3,000 steps take."""
    steps: int | None = None
    """Training steps, in place of --epochs."""
    seed: int = 0
    """Decides everything random: the same seed gives the same run."""
    run: Path | None = None
    """Folder of the run; one that holds this very run is resumed. By default the first
    free runs/NAME-N."""
    samples: int = 10_000
    """Samples to evaluate, at most as many as there were examples to learn from."""
    score_every: float | None = None
    """Epochs between scores on validation data, to the nearest call of several steps
    (see --steps-per-call); the best state is kept."""
    patience: int | None = None
    """Scores without a better one after which to stop; needs --score-every."""
    checkpoint_every: int = 1000
    """Steps between checkpoints; the newest two are kept."""
    on_nan: Literal["stop", "skip", "halve"] = "stop"
    """On NaN: stop; go back to a checkpoint and skip the batches since; or go back and
    halve the learning rate of the player it began with."""
    metrics_every: int = 20
    """Steps between rows of metrics, and looks for NaN."""
    steps_per_call: int | None = None
    """Steps compiled into one program: the host waits less often for a fast device. By
    default 1 on a CPU, and elsewhere up to 20, as the other schedules allow."""
    dry_run: bool = False
    """Say what would be done, with sizes and a time, and write nothing."""


@dataclass(frozen=True, kw_only=True)
class Train(Running):
    """Trains a recipe and evaluates its samples.

    Without --data-dir the recipes for MNIST use 5,000 real digits that a package ships
    and take a few minutes:

        advnet train mnist

    The experiment of 2014, resumed by the same command if it is interrupted:

        advnet train mnist_2014 --data-dir DIR --epochs 500 --run runs/paper
    """

    recipe: RecipeName
    """See `advnet recipes`."""
    data_dir: Path | None = None
    """Folder with the official files: MNIST's four IDX files, gz or not; CIFAR-10's six
    binary files, fetched if not given; or the .mat file of faces in TFD's layout."""
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    """Of the recipes of 2014: what the authors ran, or Algorithm 1 as printed."""
    k: int = 1
    """Critic steps for each generator step, with --updates alternating."""
    fold: int = 0
    """Which of the five folds of faces."""
    pretrained: Path | None = None
    """Run folder of tfd_pretrain_2014, for tfd_2014 to go on from."""


@dataclass(frozen=True, kw_only=True)
class Fit(Running):
    """Trains on your own data of any shape, with networks chosen by it.

    A .npy, .npz or .csv file or a folder of images; a tenth is held out to choose by,
    another to report on:

        advnet fit measurements.npy --epochs 100

    See what would be done first with --dry-run.
    """

    data: Path
    """A .npy file [n, ...], a .npz file, a .csv or .tsv file of numbers, or a folder of
    images."""
    key: str | None = None
    """Which array of a .npz file."""
