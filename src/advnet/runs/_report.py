"""The HTML report of a run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from advnet import data, reporting
from advnet.evaluation import Evaluation, memorization, standardize
from advnet.runs._config import Config
from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder
from advnet.types import State

_NUM_PAIRS = 12
_NUM_LINES, _NUM_POINTS = 6, 10
_NUM_DATA = 5_000
_MAX_CLASSES = 30


def make_report(
    experiment: Experiment,
    config: Config,
    folder: RunFolder,
    state: State,
    evaluation: Evaluation,
) -> reporting.Report:
    """Collect everything that the page of a run shows."""
    samples = _read_like(folder.samples, experiment)
    train = experiment.floats(experiment.trained_on)
    features = standardize(experiment.floats(experiment.dataset.train.x))
    nearest = memorization.nearest(train, samples[:_NUM_PAIRS], features=features)
    lines = experiment.interpolate(state, _NUM_LINES, _NUM_POINTS)
    show = _display(experiment)
    frames = {
        step: _read_like(file, experiment)
        for step, file in folder.frame_files().items()
    }
    return reporting.Report(
        title=f"{config.name}, {evaluation.step:,} steps",
        provenance=_provenance(experiment, config, folder),
        metrics=folder.read_metrics(),
        samples=show(samples),
        neighbors=show(train[nearest.indices]),
        interpolations=show(lines),
        data=show(train[:_NUM_DATA]),
        classes=_samples_by_class(experiment, state),
        evaluation=evaluation,
        scores=folder.read_scores(),
        frames=[show(frame) for frame in frames.values()],
        frame_steps=[*frames],
        columns=_columns(experiment),
        channels=experiment.channels(),
        events=[
            f"Restored the checkpoint of step {recovery.step}: {recovery.cause}"
            for recovery in folder.read_recoveries()
        ],
    )


def _display(experiment: Experiment) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that makes pixels of images, and numbers of encoded rows."""
    table = experiment.dataset.table
    return experiment.as_pixels if table is None else table.to_numbers


def _columns(experiment: Experiment) -> list[reporting.Column]:
    """Return the columns of the user's table, with names of their categories."""
    table = experiment.dataset.table
    if table is None:
        return []
    return [
        reporting.Column(
            str(column.name),
            tuple("missing" if x is None else str(x) for x in column.levels),
            column.step,
            column.kind == "date",
        )
        for column in table.columns
    ]


def _samples_by_class(experiment: Experiment, state: State) -> dict[str, np.ndarray]:
    """Return a few samples of each class of a run with labels, if they are images."""
    if not experiment.conditional or not experiment.is_images():
        return {}
    rows = experiment.sample_by_class(state, _NUM_POINTS, max_classes=_MAX_CLASSES)
    names = experiment.dataset.class_names or ()
    return dict(zip(names, experiment.as_pixels(rows), strict=False))


def _read_like(path: Path, experiment: Experiment) -> np.ndarray:
    """Read an array of samples, or raise if they are not like the training data."""
    samples, shape = data.load(path), experiment.dataset.train.x.shape[1:]
    if not isinstance(samples, np.ndarray) or samples.shape[1:] != shape:
        raise ValueError(
            f"Expected samples of shape {shape} in {path}, got another array. "
            "Delete the file, and evaluate the run again."
        )
    return samples


def _provenance(
    experiment: Experiment, config: Config, folder: RunFolder
) -> dict[str, str]:
    record = folder.read_record()
    options = {
        name.replace("_", " "): value
        for name, value in record.config.items()
        if value is not None
    }
    rows = {
        "command": record.provenance.command,
        "networks": experiment.recipe.about,
        "device": record.provenance.device,
        **record.provenance.versions,
        **options,
        "data": experiment.dataset.name or config.name,
    }
    return {name: str(value) for name, value in rows.items()}
