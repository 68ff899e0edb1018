from typing import NamedTuple

import numpy as np

from advnet.evaluation import distances, parzen, standardize
from advnet.runs._experiment import Experiment

_NUM_VALID = 1000
_SIGMAS = np.logspace(-1.5, 0.5, 12)


class Score(NamedTuple):
    """A score on validation data.

    Attributes:
      value: Larger is better.
      details: The numbers behind the value, by name.
    """

    value: float
    details: dict[str, float]


def score_on_validation(experiment: Experiment, samples: np.ndarray) -> Score:
    """Score samples [n, ...] against validation data.

    The score of images in [0, 1] is the log-likelihood under a Parzen window; the score
    of other data is minus the sliced Wasserstein distance of standardized values.
    """
    valid = experiment.floats(experiment.dataset.valid.x[:_NUM_VALID])
    if experiment.is_pixels():
        grid = parzen.select_bandwidth(samples, valid, _SIGMAS)
        best = parzen.refine_bandwidth(samples, valid, grid)
        value = float(best.log_likelihoods.max())
        return Score(value, {"log_likelihood": value, "sigma": best.sigma})
    features = standardize(experiment.dataset.train.x)
    distance = distances.sliced_wasserstein(valid, samples, features=features)
    return Score(-distance.value, {"sliced_wasserstein": distance.value})
