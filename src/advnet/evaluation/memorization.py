"""Nearest training examples of samples, and a test for copied training examples."""

import math
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._digest import digest_examples
from advnet.evaluation._neighbors import TIE, nearest_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._statistics import standard_error

__all__ = ["Neighbors", "data_copying", "nearest"]

_NUM_DIVISIONS = 1_999
_MAX_VALUES = 1 << 20  # of permuted ranks in memory


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
      Indices and distances [m], float64. The distance of an exact copy is 0. Memory is
      `1000 * n` floats.

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
    yet.

    The rank test is one-sided: a small p-value indicates memorization. The p-value is
    exact for any n and any data, discrete data included: it is the share of divisions
    of the distances into samples and held-out examples with at least this value, among
    the actual division and 1,999 random divisions. Distances that differ only by their
    rounding are equal.

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
    train, held_out = np.asarray(train), np.asarray(held_out)
    unseen = extract_features(train[:2], held_out, features).fake
    queries = np.concatenate([sides.fake, unseen])
    ranks = _doubled_ranks(nearest_distances(sides.real, queries)[1])
    x, y = np.split(ranks, [len(sides.fake)])
    value, error = _probability_of_smaller(x, y)
    result = sides.result("copying", value, error, _rank_test(ranks, len(x)))
    return result._replace(num_real=len(y), data=digest_examples(train, held_out))


def _doubled_ranks(values: np.ndarray) -> np.ndarray:
    """Return twice the mean rank of each value, as integers; near-equal values tie."""
    order = np.argsort(values, kind="stable")
    increasing = values[order]
    is_new = np.diff(increasing, prepend=-1.0) > TIE * increasing
    is_new[0] = True
    groups = np.cumsum(is_new) - 1
    sizes = np.bincount(groups)
    last = np.cumsum(sizes)
    ranks = np.empty(len(values), np.int64)
    ranks[order] = (2 * last - sizes + 1)[groups]
    return ranks


def _probability_of_smaller(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return P(x < y), with ties counted half, and its standard error."""

    def shares(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
        """Return for each value the share of larger reference values."""
        increasing = np.sort(reference)
        ends = [np.searchsorted(increasing, values, side) for side in ("left", "right")]
        return 1 - (ends[0] + ends[1]) / (2 * len(reference))

    of_x, of_y = shares(x, y), shares(y, x)
    error = math.hypot(standard_error(of_x), standard_error(of_y))
    return float(of_x.mean()), error


def _rank_test(ranks: np.ndarray, num: int) -> float:
    """Return the p-value that the first `num` ranks are no smaller than the others."""
    rng = np.random.default_rng(0)
    size = max(1, _MAX_VALUES // len(ranks))
    at_least = 1
    for start in range(0, _NUM_DIVISIONS, size):
        shape = min(size, _NUM_DIVISIONS - start), len(ranks)
        permuted = rng.permuted(np.broadcast_to(ranks, shape), axis=1)
        at_least += int((permuted[:, :num].sum(axis=1) <= ranks[:num].sum()).sum())
    return at_least / (1 + _NUM_DIVISIONS)
