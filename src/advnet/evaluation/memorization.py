"""Nearest training examples of samples, and a test for copied training examples."""

import math
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._neighbors import nearest_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._statistics import standard_error

__all__ = ["Neighbors", "data_copying", "nearest"]


class Neighbors(NamedTuple):
    """Nearest training example of every sample.

    Attributes:
      indices: Index of the nearest training example [m].
      distances: Distance to it, in units of the features [m].
    """

    indices: np.ndarray
    distances: np.ndarray

    def duplicates(self, closer_than: float) -> np.ndarray:
        """Return the indices of samples with a smaller distance, nearest first."""
        order = np.argsort(self.distances)
        return order[self.distances[order] < closer_than]


def nearest(
    train: ArrayLike, samples: ArrayLike, *, features: Features | None = None
) -> Neighbors:
    """Find the nearest training example of every sample, by Euclidean distance.

    Args:
      train: Training examples [n, ...], n >= 1.
      samples: Samples of the model [m, ...].
      features: Function from examples to features; raw values by default.

    Returns:
      Indices and distances [m]. Distances are computed by differences, so the distance
      of an exact copy is 0. Memory is `500 * n` floats.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> train = np.array([[0.0, 0.0], [3.0, 4.0]])
      >>> neighbors = nearest(train, np.array([[3.0, 4.0], [0.0, 1.0]]))
      >>> neighbors.indices.tolist(), neighbors.distances.tolist()
      ([1, 0], [0.0, 1.0])
      >>> neighbors.duplicates(closer_than=0.5).tolist()
      [0]
    """
    sides = extract_features(train, samples, features, min_examples=1)
    return Neighbors(*nearest_distances(sides.real, sides.fake))


def data_copying(
    train: ArrayLike,
    held_out: ArrayLike,
    samples: ArrayLike,
    *,
    features: Features | None = None,
) -> MetricResult:
    """Test whether samples lie nearer to the training set than held-out data do.

    The value is the probability that a sample is nearer to its nearest training example
    than a held-out example is to its own. It is about .5 for a good model and close to
    1 for a model that copies. It is below .5 for a model that does not fit the data
    yet. The rank test is one-sided: a small p-value indicates memorization.

    Args:
      train: Training examples [n, ...], n >= 2.
      held_out: Data that the model has not seen [h, ...], h >= 2. Every example that
        the model has seen lowers the value; if it has seen all, the value is at most
        .5.
      samples: Samples of the model [m, ...], m >= 2.
      features: Function from examples to features; raw values by default.

    Returns:
      The probability and its p-value; `num_real` counts the held-out examples.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 300, 2))
      >>> data_copying(x[0], x[1], x[0] + 1e-3).value > 0.95  # copies with small noise
      True

    References:
      Meehan et al. 2020, section 3; Mann and Whitney 1947.
    """
    sides = extract_features(train, samples, features)
    # The features of all training examples are computed already; two rows suffice to
    # check that the shapes agree.
    unseen = extract_features(np.asarray(train)[:2], held_out, features).fake
    sample_distances, held_out_distances = (
        np.asarray(nearest_distances(sides.real, queries)[1], np.float64)
        for queries in (sides.fake, unseen)
    )
    value, error, p_value = _rank_test(sample_distances, held_out_distances)
    result = sides.result("copying", value, error, p_value)
    return result._replace(num_real=len(held_out_distances))


def _rank_test(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return P(x < y), with ties counted half, its standard error and a p-value."""
    m, h = len(x), len(y)
    y_sorted = np.sort(y)
    larger = h - np.searchsorted(y_sorted, x, side="right")
    ties = np.searchsorted(y_sorted, x, side="right") - np.searchsorted(
        y_sorted, x, side="left"
    )
    share_of_larger_y = (larger + ties / 2) / h
    share_of_larger_x = (m - np.searchsorted(np.sort(x), y, side="left")) / m
    value = float(share_of_larger_y.mean())
    error = math.hypot(
        standard_error(share_of_larger_y), standard_error(share_of_larger_x)
    )
    null_error = math.sqrt((m + h + 1) / (12 * m * h))
    p_value = math.erfc((value - 0.5) / null_error / math.sqrt(2)) / 2
    return value, error, p_value
