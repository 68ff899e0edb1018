"""Scores on validation data during training: when, of how many samples, and how."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from advnet.evaluation import distances, features, parzen, standardize
from advnet.runs._config import Config
from advnet.runs._experiment import Experiment

NUM_SCORES = 20
"""Scores of a run by default."""

_SAMPLES_PER_EXAMPLE = 0.04
"""Samples scored for each example trained on: at most 2 % of the time, because an
example passes through both networks several times and a sample through one."""

_MIN_SAMPLES, _MAX_SAMPLES = 100, 1_000  # of one score, by default
_MIN_VALID, _MAX_VALID = 20, 1_000  # validation examples of one score
_NUM_DIRECTIONS = 64  # a few more cost as much as the samples
_SIGMAS = np.logspace(-1.5, 0.5, 12)


class Score(NamedTuple):
    """A score on validation data.

    Attributes:
      value: Larger is better.
      details: The numbers behind the value, by name.
    """

    value: float
    details: dict[str, float]


class Schedule(NamedTuple):
    """The scores of a run.

    Attributes:
      every: Number of steps between scores.
      num_samples: Number of samples of each score.
    """

    every: int
    num_samples: int


def schedule_scores(experiment: Experiment, config: Config) -> Schedule | None:
    """Return when to score how many samples, or None for no scores.

    Raises:
      ValueError: If scores were asked for and the validation data do not suffice.
    """
    if config.score_every == 0:
        return None
    num_valid = len(experiment.dataset.valid.x)
    if config.score == "parzen" and not experiment.is_pixels():
        raise ValueError(
            "Expected images in [0, 1] for score='parzen', got other data. Leave score "
            "out."
        )
    if config.score_every is not None:
        if num_valid < _MIN_VALID:
            raise ValueError(
                f"Expected at least {_MIN_VALID} validation examples for score_every, "
                f"got {num_valid}. Leave score_every out, or collect more data."
            )
        return Schedule(experiment.steps_in(config.score_every), experiment.num_samples)
    schedule = _default_schedule(experiment)
    if schedule is None and config.patience is not None:
        raise ValueError(
            "Expected a run long enough for scores by default, and 20 validation "
            f"examples, got {experiment.num_steps} steps and {num_valid} examples. Set "
            "score_every too, or leave patience out."
        )
    return schedule


def _default_schedule(experiment: Experiment) -> Schedule | None:
    """Return about 20 scores, fewer in a short run; None if it has too few samples."""
    total = _SAMPLES_PER_EXAMPLE * experiment.num_steps * experiment.recipe.batch_size
    num = int(np.clip(total / NUM_SCORES, _MIN_SAMPLES, _MAX_SAMPLES))
    num = min(num, experiment.num_samples)
    num_scores = min(NUM_SCORES, int(total / num))
    num_valid = len(experiment.dataset.valid.x)
    if min(num, num_valid) < _MIN_VALID or not num_scores:
        return None
    return Schedule(experiment.num_steps // num_scores, num)


def make_score(experiment: Experiment, config: Config) -> Callable[..., Score]:
    """Return the function from samples [n, ...] to their score on validation data."""
    valid = experiment.floats(experiment.dataset.valid.x[:_MAX_VALID])
    if config.score == "parzen":
        return lambda samples: _score_by_parzen(samples, valid)
    extract: features.Features = features.raw_values
    if experiment.is_pixels():
        extract = features.random_convolution(valid.shape[-1])
    real = np.asarray(extract(valid))
    scaled = standardize(real)

    def score(samples: np.ndarray) -> Score:
        return _score_by_distance(np.asarray(extract(samples)), real, scaled)

    return score


def _score_by_parzen(samples: np.ndarray, valid: np.ndarray) -> Score:
    grid = parzen.select_bandwidth(samples, valid, _SIGMAS)
    best = parzen.refine_bandwidth(samples, valid, grid)
    value = float(best.log_likelihoods.max())
    return Score(value, {"log_likelihood": value, "sigma": best.sigma})


def _score_by_distance(
    samples: np.ndarray, real: np.ndarray, scaled: features.Features | None
) -> Score:
    distance = distances.sliced_wasserstein(
        real, samples, directions=_NUM_DIRECTIONS, features=scaled
    ).value
    return Score(-distance, {"sliced_wasserstein": distance})
