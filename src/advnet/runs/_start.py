"""The functions that return a run."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from advnet._files import write_text
from advnet.data import Dataset, Frame
from advnet.runs._build import load_dataset, make_experiment
from advnet.runs._config import STORED_ARRAY, Config
from advnet.runs._fingerprint import fingerprint_of
from advnet.runs._folder import RunFolder
from advnet.runs._opening import check_same_data, open_folder, with_stored_split
from advnet.runs._plan import Plan, make_plan
from advnet.runs._processes import is_first_process
from advnet.runs._run import Run
from advnet.types import Hook, Variables


def start(
    config: Config, *, dataset: Dataset | None = None, pretrained: Run | None = None
) -> Run:
    """Load the data of a run and open its folder, without training.

    Args:
      config: The configuration. A `run` folder that holds this run is resumed.
      dataset: The data, where they are loaded already.
      pretrained: The run in the folder `config.pretrained`, where it is open already.

    Returns:
      The run; call its `train`.

    Raises:
      OSError: If the data are missing.
      FileExistsError: If the folder belongs to another run, or holds anything else.
      ValueError: If the data do not have the expected form, or have changed.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(100, 2))
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> run = start(Config(data=x, steps=10, run=folder / "points"))
      >>> run.num_steps, run.step
      (10, 0)
    """
    config = with_stored_split(config)
    dataset = load_dataset(config) if dataset is None else dataset
    variables = _pretrained_variables(config, pretrained)
    experiment = make_experiment(config, dataset, variables)
    fingerprint = fingerprint_of(dataset)
    folder = open_folder(config, fingerprint, experiment.num_devices)
    if dataset.table is not None and is_first_process():
        write_text(folder.table, dataset.table.to_json())
    return Run(config, folder, experiment)


def train(
    config: Config,
    *,
    hooks: Sequence[Hook] = (),
    log: Callable[[str], None] = lambda line: None,
    progress: bool = False,
) -> Run:
    """Train a run to its end.

    Args:
      config: The configuration. A `run` folder that holds this run is resumed.
      hooks: Further hooks, as for `fit`.
      log: Called with a line of text when training resumes.
      progress: Whether to show a progress bar; needs ``advnet[cli]``.

    Returns:
      The run: see `Run.state`, `Run.sample`, `Run.evaluate` and `Run.report`.

    Raises:
      OSError: If the data are missing.
      FileExistsError: If the folder belongs to another run, or holds anything else.
      ValueError: If the data do not have the expected form, or have changed.
      NotFinite: If NaN appears and `on_nan` does not help.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(100, 2))
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> with jax.numpy_dtype_promotion("standard"):
      ...     run = train(Config(data=x, steps=20, run=folder / "points"))
      >>> run.sample(5).shape
      (5, 2)
    """
    run = start(config)
    run.train(hooks=hooks, log=log, progress=progress)
    return run


def open(  # noqa: A001 - runs.open reads as it should
    path: str | Path,
    *,
    data: Path | np.ndarray | Frame | None = None,
    labels: Path | str | np.ndarray | None = None,
    **changes,
) -> Run:
    """Open the folder of a run.

    Args:
      path: The folder.
      data: The data, where they have moved since, or were an array or a frame.
      labels: The labels, likewise.
      **changes: Fields of `Config` that may change on resume, such as `steps`.

    Returns:
      The run.

    Raises:
      FileNotFoundError: If the folder does not hold a run, or the data are missing.
      ValueError: If the data have changed, or a field may not change.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(100, 2))
      >>> folder = pathlib.Path(tempfile.mkdtemp()) / "points"
      >>> _ = start(Config(data=x, steps=10, run=folder))
      >>> open(folder, data=x).num_steps
      10
    """
    folder = RunFolder(Path(path))
    record = folder.read_record()
    if "steps" in changes or "epochs" in changes:  # one replaces the other
        changes = {"steps": None, "epochs": None} | changes
    config = dataclasses.replace(folder.read_config(record), **changes)
    if forbidden := config.changes_from(record.config):
        raise ValueError(
            f"Expected fields of {folder.path} that may change, got "
            f"{'; '.join(forbidden)}. Start another run with them."
        )
    if data is not None:
        config = dataclasses.replace(config, data=data)
    if labels is not None:
        config = dataclasses.replace(config, labels=labels)
    if isinstance(config.labels, str) and config.labels == STORED_ARRAY:
        raise ValueError(
            f"The labels of {folder.path} were an array, which is not stored. Pass "
            "them again: runs.open(path, labels=y)."
        )
    if config.recipe is None and config.data is None:
        raise ValueError(
            f"The data of {folder.path} were an array, which is not stored. Pass it "
            "again: runs.open(path, data=x)."
        )
    dataset = load_dataset(config)
    check_same_data(folder, record, fingerprint_of(dataset))
    variables = _pretrained_variables(config, None)
    return Run(config, folder, make_experiment(config, dataset, variables))


def plan(config: Config) -> Plan:
    """Return sizes, memory and time of a run, without writing anything.

    Args:
      config: The configuration.

    Returns:
      The forecast; the time is measured on a few training steps.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(100, 2))
      >>> with jax.numpy_dtype_promotion("standard"):
      ...     forecast = plan(Config(data=x, steps=10))
      >>> forecast.num_examples, forecast.num_steps
      (80, 10)
    """
    dataset = load_dataset(config)
    variables = _pretrained_variables(config, None)
    return make_plan(config, make_experiment(config, dataset, variables))


def _pretrained_variables(config: Config, run: Run | None) -> Variables | None:
    """Return the generator's variables of the run in `config.pretrained`."""
    if config.pretrained is None:
        return None
    run = open(config.pretrained) if run is None else run
    return run.state.players["generator"].variables
