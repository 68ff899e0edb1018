"""The options of training runs, shared by `Config` and the command line."""

import dataclasses
from pathlib import Path
from typing import Any, Literal


def option(default: Any) -> Any:
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
      score: Score on validation data: minus a distance in features that suit the data,
        or the Parzen-window log-likelihood of images, as in the paper.
      score_every: Epochs between scores, rounded to a whole number of calls (see
        steps-per-call); 0 takes none. The best state is kept. The default takes about
        20 scores of up to 1,000 samples, at no more than a few percent of the time.
      patience: Stop after so many scores without an improvement.
      checkpoint_every: Steps between checkpoints, the most that a kill can cost; the
        newest two are kept.
      on_nan: Response to NaN: stop; restore a checkpoint and skip the batches since; or
        restore a checkpoint and halve the learning rate of the player that produced
        NaN.
      metrics_every: Steps between rows of metrics, and between checks for NaN.
      steps_per_call: Steps compiled into one program, so that the host waits less for a
        fast device. The default is 1 on a CPU and up to 20 elsewhere, as the schedules
        allow.
      devices: Local devices to train on; the batch is split over them. The default is
        all of them.
    """

    epochs: float | None = option(None)
    steps: int | None = option(None)
    seed: int = 0
    run: Path | str | None = option(None)
    samples: int = option(10_000)
    score: Literal["features", "parzen"] = "features"
    score_every: float | None = option(None)
    patience: int | None = option(None)
    checkpoint_every: int = option(1000)
    on_nan: Literal["stop", "skip", "halve"] = option("stop")
    metrics_every: int = option(20)
    steps_per_call: int | None = option(None)
    devices: int | None = option(None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class UserDataOptions:
    """Options of runs on data of the user's own; None leaves the choice to the recipe.

    Attributes:
      key: Name of the array in a .npz file.
      size: Height and width of images: the largest centered part of each image with
        this aspect ratio is resampled. Needed where the images of a folder differ in
        size.
      channels: Channels of images: 1 (gray), 3 (RGB) or 4 (RGB and alpha). Needed where
        the images of a folder differ in channels.
      skip_damaged: Leave out images that cannot be read, and count them.
      kind: Kind of arrays: series [n, t, c], or arrays of any shape for the fully
        connected pair. By default examples [t, c] of at least 16 times, and 4 times as
        many times as channels, are series.
      window: Length of the windows that a long table or array [t, c] is cut into, to
        train on series.
      stride: Rows between the starts of two windows; a quarter of a window by default.
      time: Column of a table by which its rows are sorted before they are cut into
        windows. The column itself is left out.
      loss: Name of a loss, such as relativistic, non_saturating, hinge, wasserstein or
        least_squares.
      r1: Weight of the R1 penalty, the squared gradient of the critic at data.
      r2: Weight of the R2 penalty, the squared gradient of the critic at samples.
      batch_size: Examples of one step of the critic.
      k: Critic steps for each generator step.
      ema: Decay of the average of the generator; 0 keeps no average.
      width: Units of a layer, or channels of the first stage.
      model: Networks: tiny, small, base or dcgan for images, mlp for any data.
      augment: Augmentation of what the critic sees, for small sets of images.
      precision: Type in which the networks compute; parameters stay float32.
    """

    key: str | None = None
    size: tuple[int, int] | None = None
    channels: Literal[1, 3, 4] | None = None
    skip_damaged: bool = False
    kind: Literal["series", "arrays"] | None = None
    window: int | None = None
    stride: int | None = None
    time: str | None = None
    loss: str | None = None
    r1: float | None = None
    r2: float | None = None
    batch_size: int | None = None
    k: int | None = None
    ema: float | None = None
    width: int | None = None
    model: Literal["tiny", "small", "base", "dcgan", "mlp"] | None = None
    augment: Literal["none", "diff", "ada"] | None = None
    precision: Literal["float32", "bfloat16"] | None = None
