"""Figures 2 and 3: samples beside their nearest training examples, and lines in z."""

import numpy as np

from advnet import reporting
from advnet.cli._reproduce import _runs
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import Result
from advnet.evaluation import memorization

_ROWS, _COLUMNS = 5, 8
_LINES, _POINTS = 5, 10
_GAP = 8  # pixels before the neighbors


def figure2(options: Reproduce) -> Result:
    """Samples drawn at random; at the right, what is nearest to the last column."""
    trained = _FIGURE_2[options.result[-1]](options)
    made, state, evaluation, _ = trained
    samples = made.draw(state, _ROWS * _COLUMNS)
    train = made.seen
    nearest = memorization.nearest(train, samples[_COLUMNS - 1 :: _COLUMNS])
    left, right = (
        reporting.image_grid(made.shown(x), columns=columns)
        for x, columns in ((samples, _COLUMNS), (train[nearest.indices], 1))
    )
    ground = np.ones((len(left), _GAP, left.shape[2]), left.dtype)
    numbers = {
        **trained.about(),
        "nearest training examples": nearest.indices.tolist(),
        "their distances": nearest.distances.tolist(),
        "evaluation": {
            name: evaluation[name]
            for name in ("parzen", "measures", "true data")
            if name in evaluation
        },
    }
    return Result(numbers, image=np.concatenate([left, ground, right], axis=1))


def figure3(options: Reproduce) -> Result:
    """Digits along straight lines between points of z."""
    trained = _runs.mnist(options)
    lines = trained.made.interpolate(trained.state, _LINES, _POINTS)
    x = trained.made.shown(lines.reshape(-1, *lines.shape[2:]))
    numbers = {**trained.about(), "lines": _LINES, "points on each": _POINTS}
    return Result(numbers, image=reporting.image_grid(x, columns=_POINTS))


_FIGURE_2 = {
    "a": _runs.mnist,
    "b": _runs.faces,
    "c": lambda options: _runs.cifar10(options, "fc"),
    "d": lambda options: _runs.cifar10(options, "conv"),
}
