"""Are samples copies of training examples?"""

import math
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._error import standard_error
from advnet.evaluation._neighbors import nearest_distances
from advnet.evaluation._samples import Features, MetricResult, extract_features

__all__ = ["Neighbors", "data_copying", "nearest"]


class Neighbors(NamedTuple):
    """The nearest training example of every sample.

    Attributes:
      indices: Which [m].
      distances: How far, in units of the features [m].
    """

    indices: np.ndarray
    distances: np.ndarray

    def duplicates(self, closer_than: float) -> np.ndarray:
        """Samples nearer to a training example than that, nearest first."""
        order = np.argsort(self.distances)
        return order[self.distances[order] < closer_than]


def nearest(
    train: ArrayLike, samples: ArrayLike, *, features: Features | None = None
) -> Neighbors:
    """Finds the nearest training example of every sample, by Euclidean distance.

    Args:
      train: Training examples [n, ...], n >= 1.
      samples: Samples [m, ...].
      features: From examples to features; raw values by default.

    Returns:
      Indices and distances [m]; the distances are taken by differences, so that an
      exact copy has 0. Memory is `500 * n` floats.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> train = np.array([[0.0, 0.0], [3.0, 4.0]])
      >>> found = nearest(train, np.array([[3.0, 4.0], [0.0, 1.0]]))
      >>> found.indices.tolist(), found.distances.tolist()
      ([1, 0], [0.0, 1.0])
      >>> found.duplicates(closer_than=0.5).tolist()
      [0]
    """
    x, y, _ = extract_features(train, samples, features, least=1)
    return Neighbors(*nearest_distances(x, y))


def data_copying(
    train: ArrayLike,
    held_out: ArrayLike,
    samples: ArrayLike,
    *,
    features: Features | None = None,
) -> MetricResult:
    """Do samples lie nearer to the training set than unseen data do?

    The chance that a sample is nearer to its nearest training example than a held-out
    example is to its own: about .5 for a good model, towards 1 for one that copies,
    below .5 for one that has not got there. A rank test, one-sided: a small p says
    that the model memorizes.

    Args:
      train: What the model was trained on [n, ...].
      held_out: Data it has not seen [h, ...], h >= 2; each that it has seen all the
        same lowers the chance, to .5 at most where all are.
      samples: Its samples [m, ...], m >= 2.
      features: From examples to features; raw values by default.

    Returns:
      The chance, with `num_real` the held-out examples, and p.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 300, 2))
      >>> data_copying(x[0], x[1], x[0] + 1e-3).value > 0.95  # a thief
      True

    References:
      Meehan et al. 2020, section 3; Mann and Whitney 1947.
    """
    x, y, name = extract_features(train, samples, features)
    two = np.asarray(train)[:2]  # features of all are known by now
    _, unseen, _ = extract_features(two, held_out, features)
    of_samples, of_unseen = (
        np.asarray(nearest_distances(x, side)[1], np.float64) for side in (y, unseen)
    )
    m, h = len(of_samples), len(of_unseen)
    order = np.sort(of_unseen)
    farther = h - np.searchsorted(order, of_samples, side="right")
    ties = np.searchsorted(order, of_samples, side="right") - np.searchsorted(
        order, of_samples, side="left"
    )
    won = (farther + ties / 2) / h  # for each sample, the share it is nearer than
    lost = (m - np.searchsorted(np.sort(of_samples), of_unseen, side="left")) / m
    value = float(won.mean())
    error = math.hypot(standard_error(won), standard_error(lost))
    null = math.sqrt((m + h + 1) / (12 * m * h))
    p_value = math.erfc((value - 0.5) / null / math.sqrt(2)) / 2
    return MetricResult("copying", value, error, h, m, name, p_value)
