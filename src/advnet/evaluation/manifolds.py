"""Precision, recall, density and coverage of samples, by nearest neighbors.

The manifold of a side is the union of balls around its examples. Each ball reaches to
the k-th nearest neighbor of its center on the same side, and contains its boundary: the
ball of an example with k duplicates has radius 0 and contains the equal examples.
"""

import math
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._neighbors import (
    Balls,
    Points,
    align,
    neighbor_balls,
    squared_distances,
)
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._statistics import standard_error

__all__ = ["PRDC", "prdc"]


class PRDC(NamedTuple):
    """Precision, recall, density and coverage.

    Attributes:
      precision: Share of samples inside the manifold of the data. One outlier of the
        data, with its large ball, raises it; density is more robust.
      recall: Share of data inside the manifold of the samples.
      density: Sum over the balls of the data that contain a sample of 1 / (number of
        other data in the ball), averaged over samples. That number is k, or more among
        equal distances. Around 1 for a perfect sampler, and not limited to 1.
      coverage: Share of balls of the data that contain a sample.
    """

    precision: MetricResult
    recall: MetricResult
    density: MetricResult
    coverage: MetricResult

    def __str__(self) -> str:
        """Return one line for each result."""
        return "\n".join(map(str, self))


def prdc(
    real: ArrayLike, fake: ArrayLike, *, k: int = 5, features: Features | None = None
) -> PRDC:
    r"""Compute precision, recall, density and coverage of samples.

    Read the four numbers together: samples shrunk to the center of the data have
    precision 1, coverage near 1 and recall 0. The expected coverage of a perfect
    sampler is only :math:`1 - \prod_{i<k} (n-1-i)/(n+m-1-i)`, .969 for n = m and k = 5.

    Distances that differ only by their rounding are equal. On discrete data, such as
    labels, flags and counts, a perfect sampler therefore has precision, recall and
    coverage near 1.

    Standard errors count both sides, with fixed radii. They are conservative: 1 to 2
    times the spread between independent draws, and more for shares near 1.

    Args:
      real: Examples of the data [n, ...], n > k.
      fake: Samples of the model [m, ...], m > k.
      k: Rank of the neighbor that a ball reaches to.
      features: Function from examples to features; raw values by default.

    Returns:
      Four results. Memory is `500 * max(n, m)` floats.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or k is below 1.

    Examples:
      >>> x = np.random.RandomState(0).randn(2, 1000, 64)
      >>> print(prdc(x[0], x[1]).coverage)
      coverage of raw values: 0.971 ± 0.013 (n = 1,000, 1,000)

    References:
      Kynkäänniemi et al. 2019, eq. 1 to 3; Naeem et al. 2020, eq. 3 and 4.
    """
    _validation.check_at_least(1, k=k)
    sides = extract_features(real, fake, features, min_examples=k + 1)
    x, y = align(sides.real, sides.fake)
    n, m = len(x.rows), len(y.rows)
    balls = neighbor_balls(x, k), neighbor_balls(y, k)
    weights = 1 / balls[0].num_inside
    inside, covers, recalled = _count_pairs(x, y, *balls)

    def result(name: str, values: np.ndarray, reverse: np.ndarray) -> MetricResult:
        """Return the mean of `values`; `reverse` holds the terms of the other side."""
        error = math.hypot(standard_error(values), standard_error(reverse))
        return sides.result(name, values.mean(), error)

    return PRDC(
        result("precision", inside.number > 0, inside.count_only_partners(n) * n / m),
        result("recall", recalled.number > 0, recalled.count_only_partners(m) * m / n),
        result("density", inside.weight, covers.number * weights * n / m),
        result("coverage", covers.number > 0, covers.count_only_partners(m) * m / n),
    )


class _Partners(NamedTuple):
    """Partners of each example: the examples of the other side it is paired with."""

    number: np.ndarray  # of partners
    index_sum: np.ndarray  # sum of the indices of the partners
    weight: np.ndarray  # sum of the weights of the partners

    def count_only_partners(self, num: int) -> np.ndarray:
        """Return how often each of `num` partners is the only partner of an example.

        The mean loses these examples when the partner is left out, so the jackknife
        counts them.
        """
        indices = self.index_sum[self.number == 1].astype(int)
        return np.bincount(indices, minlength=num).astype(np.float64)


def _count_pairs(
    x: Points, y: Points, balls_x: Balls, balls_y: Balls
) -> tuple[_Partners, _Partners, _Partners]:
    """Count the pairs of a ball and an example of the other side inside it.

    Returns:
      For each y, the balls of x that contain it, weighted by 1 / (number of other x in
      the ball). For each x, the y inside its ball. For each x, the balls of y that
      contain it.
    """
    num = len(x.rows)
    columns = np.stack([np.ones(num), np.arange(num), 1 / balls_x.num_inside])
    inside, covers, recalled = [], np.zeros((3, num)), np.zeros((3, num))
    for block in y.blocks():
        squares = squared_distances(y.take(block), x)
        in_ball_of_x = (squares <= balls_x.squared_radii).astype(np.float64)
        radii_y = balls_y.squared_radii[block, None]
        in_ball_of_y = (squares <= radii_y).astype(np.float64)
        inside.append(columns @ in_ball_of_x.T)
        rows = np.arange(block.start, block.start + len(squares))
        ones = np.ones_like(rows)
        rows = np.stack([ones, rows, ones]).astype(np.float64)
        covers += rows @ in_ball_of_x
        recalled += rows @ in_ball_of_y
    return (
        _Partners(*np.concatenate(inside, axis=1)),
        _Partners(*covers),
        _Partners(*recalled),
    )
