"""A training run as an object: train it, sample from it, evaluate it, report it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from advnet import reporting
from advnet._files import make_parent
from advnet.data import Dataset
from advnet.evaluation import Evaluation
from advnet.runs._advice import collect_notes
from advnet.runs._conditions import Condition, Inversion, find_classes, invert
from advnet.runs._config import Config
from advnet.runs._config_checks import check_seed
from advnet.runs._evaluation import evaluate_state
from advnet.runs._experiment import Experiment, is_averaged
from advnet.runs._folder import RunFolder
from advnet.runs._report import make_report
from advnet.runs._restore import restore, restore_best
from advnet.runs._rows import row_decoder
from advnet.runs._trainer import Trainer
from advnet.training import export
from advnet.types import Game, Hook, State


class Run:
    """A training run: its configuration, data, game, state and folder.

    `runs.train`, `runs.start` and `runs.open` return one.

    Attributes:
      config: The configuration.
      folder: The files of the run.
      experiment: The data, networks and keys made from the configuration.
    """

    def __init__(self, config: Config, folder: RunFolder, experiment: Experiment):
        """Join a configuration, a folder and an experiment."""
        self.config = config
        self.folder = folder
        self.experiment = experiment
        self._state: State | None = None

    @property
    def id(self) -> str:
        """Name of the run that its checkpoints carry."""
        return self.folder.read_record().id

    @property
    def about(self) -> str:
        """Short description of the networks."""
        return self.experiment.recipe.about

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes of a run with labels, otherwise ()."""
        names = self.experiment.dataset.class_names
        return names if self.experiment.conditional and names is not None else ()

    @property
    def notes(self) -> list[str]:
        """Sentences on the layout of the user's images and on the devices."""
        return collect_notes(self.experiment, self.config, self.folder)

    @property
    def game(self) -> Game:
        """The game that is trained."""
        return self.experiment.recipe.game

    @property
    def dataset(self) -> Dataset:
        """The data, split into train, valid and test."""
        return self.experiment.dataset

    @property
    def num_steps(self) -> int:
        """Length of training, in steps."""
        return self.experiment.num_steps

    @property
    def state(self) -> State:
        """The state with the best score, or the newest state without scores.

        Raises:
          FileNotFoundError: If the run has no checkpoint.
        """
        if self._state is None:
            self._state = restore(self.experiment, self.folder, self.id)
        return self._state

    @property
    def step(self) -> int:
        """Step of the newest checkpoint, 0 without one."""
        if not self.folder.checkpoints.exists():
            return 0
        with self.folder.open_newest(self.id, read_only=True) as checkpoints:
            return max(checkpoints.steps, default=0)

    @property
    def is_finished(self) -> bool:
        """True if training has reached its last step and the run is evaluated."""
        if self.step < self.num_steps:
            return False
        evaluation = self.folder.read_evaluation()
        return evaluation is not None and evaluation.step == int(self.state.step)

    def train(
        self,
        *,
        hooks: Sequence[Hook] = (),
        log: Callable[[str], None] = lambda line: None,
        progress: bool = False,
    ) -> State:
        """Train to the last step, from the newest whole checkpoint.

        Args:
          hooks: Further hooks, as for `fit`.
          log: Called with a line of text when training resumes.
          progress: Whether to show a progress bar; needs ``advnet[cli]``.

        Returns:
          The state at the end of training, which `state` may not be: `state` is the
          best one where scores were taken.

        Raises:
          NotFinite: If NaN appears and `on_nan` does not help.
          BlockingIOError: If another process trains this run.
        """
        with (
            self.folder.lock(),
            self.folder.open_newest(self.id) as newest,
            self.folder.open_best(self.id) as best,
        ):
            self.folder.remove_leftovers()
            trainer = Trainer(self.experiment, self.config, self.folder, newest, best)
            state = trainer.restore()
            if int(state.step):
                log(f"Resumed at step {int(state.step)}.")
            if int(state.step) > self.num_steps:
                log(
                    f"Step {int(state.step)} is after the last step to train, "
                    f"{self.num_steps}: nothing was trained."
                )
            if not progress:
                state = trainer.train(state, hooks)
            else:
                bar = reporting.progress(self.num_steps, start=int(state.step))
                with bar as advance:
                    state = trainer.train(state, [advance, *hooks])
        self._state = restore_best(self.experiment, self.folder, self.id) or state
        return state

    def sample(
        self,
        num: int,
        *,
        seed: int = 0,
        condition: Condition = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Draw samples [num, ...]; the same seed draws the same samples.

        Rows of a table are encoded; `sample_rows` decodes them.

        Args:
          num: Number of samples.
          seed: Seed of the noise.
          condition: For a run with labels, the name or the index of a class, or a
            sequence of them [num]. By default classes have the frequencies of the
            training data.
          truncation: Largest absolute value of the noise z, which is drawn again beyond
            it: smaller values give more typical and less varied samples.

        Raises:
          ValueError: If the class is unknown, the run has no labels, or a number is out
            of range.
        """
        check_seed(seed)
        return self.experiment.sample(
            self.state,
            num,
            key=jax.random.key(seed),
            classes=find_classes(self.experiment, condition, num),
            truncation=truncation,
        )

    def sample_rows(
        self,
        num: int,
        *,
        seed: int = 0,
        condition: Condition = None,
        truncation: float | None = None,
        extrapolate: bool = False,
    ) -> Any:
        """Draw rows of a table, or series of named channels, as a pandas frame.

        Numbers of a table lie within the range of the data unless `extrapolate` is
        true. See `sample` for other arguments. It raises ValueError for other data.
        """
        decode = row_decoder(self.experiment, extrapolate=extrapolate)
        x = self.sample(num, seed=seed, condition=condition, truncation=truncation)
        return decode(x)

    def interpolate(
        self, rows: int, columns: int, *, seed: int = 0, condition: Condition = None
    ) -> np.ndarray:
        """Draw samples [rows, columns, ...] along straight lines in z (Figure 3).

        In a run with labels each row has one class: `condition`, as in `sample`.
        """
        check_seed(seed)
        return self.experiment.interpolate(
            self.state,
            rows,
            columns,
            key=jax.random.key(seed),
            classes=find_classes(self.experiment, condition, rows),
        )

    def invert(
        self, x: np.ndarray, *, seed: int = 0, condition: Condition = None
    ) -> Inversion:
        """Search for the noise z whose samples are nearest to examples.

        Args:
          x: Examples [m, ...] of the shape of the training data; images in [0, 1].
          seed: Seed of the starting points.
          condition: The classes of the examples, as in `sample`; required in a run with
            labels.

        Returns:
          z and the reconstructions G(z), with their mean squared errors.

        Raises:
          ValueError: If examples have another shape, or a class is missing.
        """
        check_seed(seed)
        return invert(self.experiment, self.state, x, condition, seed)

    def evaluate(self, metrics: Sequence[str] = ()) -> Evaluation:
        """Evaluate samples of `state` against test data.

        The evaluation with all metrics is also written to the run folder.

        Args:
          metrics: Names of `evaluation.METRICS`; all by default.

        Returns:
          Metrics of the samples and of true data, and a diagnosis of the run.

        Raises:
          FloatingPointError: If the samples are not finite.
          ValueError: If a metric is unknown.
        """
        return evaluate_state(self.experiment, self.state, self.folder, metrics=metrics)

    def report(self, path: str | Path | None = None) -> Path:
        """Write the run as one HTML page, evaluated first where necessary.

        Args:
          path: The file; report.html in the run folder by default.

        Returns:
          The path of the page.
        """
        evaluation = self.folder.read_evaluation()
        is_current = evaluation is not None and evaluation.step == int(self.state.step)
        if evaluation is None or not is_current or not self.folder.samples.exists():
            evaluation = self.evaluate()
        page = make_report(
            self.experiment, self.config, self.folder, self.state, evaluation
        )
        return reporting.write_html(make_parent(path or self.folder.report), page)

    def export(
        self, path: str | Path, *, platforms: Sequence[str] = ("cpu", "cuda", "tpu")
    ) -> Path:
        """Write the sampler as one file that JAX loads without this library.

        In a run with labels the sampler takes classes, int32 [n], beside its keys.

        Args:
          path: The file.
          platforms: Platforms that the sampler is to run on.

        Returns:
          The path of the file.
        """
        return export(
            self.game,
            self.state,
            make_parent(path),
            average=is_averaged(self.state),
            condition=np.int32(0) if self.experiment.conditional else None,
            platforms=platforms,
        )
