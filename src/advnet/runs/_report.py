"""The HTML report of a run."""

import numpy as np

from advnet import reporting
from advnet.evaluation import Evaluation, memorization, standardize
from advnet.runs._config import Config
from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder
from advnet.types import State

_NUM_PAIRS = 12
_NUM_LINES, _NUM_POINTS = 6, 10
_NUM_DATA = 5_000


def make_report(
    experiment: Experiment,
    config: Config,
    folder: RunFolder,
    state: State,
    evaluation: Evaluation,
) -> reporting.Report:
    """Collect everything that the page of a run shows."""
    samples = np.load(folder.samples)
    train = experiment.trained_on
    features = standardize(experiment.dataset.train.x)
    nearest = memorization.nearest(train, samples[:_NUM_PAIRS], features=features)
    lines = experiment.interpolate(state, _NUM_LINES, _NUM_POINTS)
    frames = sorted(folder.frames.glob("*.npy"))
    return reporting.Report(
        title=f"{config.name}, {evaluation.step:,} steps",
        provenance=_provenance(experiment, config, folder),
        metrics=folder.read_metrics(),
        samples=experiment.as_pixels(samples),
        neighbors=experiment.as_pixels(train[nearest.indices]),
        interpolations=experiment.as_pixels(lines),
        data=experiment.as_pixels(train[:_NUM_DATA]),
        evaluation=evaluation,
        frames=[experiment.as_pixels(np.load(frame)) for frame in frames],
        frame_steps=[int(frame.stem) for frame in frames],
        events=[
            f"Restored the checkpoint of step {recovery.step}: {recovery.cause}"
            for recovery in folder.read_recoveries()
        ],
    )


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
