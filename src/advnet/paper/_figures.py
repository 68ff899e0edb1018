"""Figures 2 and 3: samples beside their nearest training examples, and lines in z."""

import numpy as np

from advnet import reporting
from advnet.evaluation import memorization
from advnet.paper import _runs
from advnet.paper._result import Result
from advnet.paper._settings import Settings

ROWS, COLUMNS = 5, 8
_LINES, _POINTS = 5, 10
_GAP = 8  # pixels before the nearest neighbors


def figure2(settings: Settings) -> Result:
    """Draw random samples, and beside the last column its nearest training examples."""
    finished = _FIGURE_2[settings.result[-1]](settings)
    run, experiment = finished.run, finished.run.experiment
    samples = experiment.sample(run.state, ROWS * COLUMNS)
    train = experiment.trained_on
    nearest = memorization.nearest(train, samples[COLUMNS - 1 :: COLUMNS])
    left, right = (
        reporting.image_grid(experiment.as_pixels(x), columns=columns)
        for x, columns in ((samples, COLUMNS), (train[nearest.indices], 1))
    )
    gap = np.ones((len(left), _GAP, left.shape[2]), left.dtype)
    numbers = {
        **finished.about(),
        "nearest training examples": nearest.indices.tolist(),
        "their distances": nearest.distances.tolist(),
        "evaluation": finished.evaluation.to_json(),
    }
    return Result(numbers, image=np.concatenate([left, gap, right], axis=1))


def figure3(settings: Settings) -> Result:
    """Draw digits along straight lines between points of z."""
    finished = _runs.mnist(settings)
    experiment = finished.run.experiment
    lines = experiment.interpolate(finished.run.state, _LINES, _POINTS)
    x = experiment.as_pixels(lines.reshape(-1, *lines.shape[2:]))
    numbers = {**finished.about(), "lines": _LINES, "points on each": _POINTS}
    return Result(numbers, image=reporting.image_grid(x, columns=_POINTS))


_FIGURE_2 = {
    "a": _runs.mnist,
    "b": _runs.faces,
    "c": lambda settings: _runs.cifar10(settings, "fc"),
    "d": lambda settings: _runs.cifar10(settings, "conv"),
}
