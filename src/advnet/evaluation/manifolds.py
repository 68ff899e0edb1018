"""Precision, recall, density and coverage of samples, by nearest neighbors.

The manifold of a side is the union of balls around its examples. Each ball reaches to
the k-th nearest neighbor of its center on the same side.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._neighbors import (
    Reference,
    reference_of,
    scan_blocks,
    squared_distances,
    squared_radii,
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
      density: Number of balls of the data that contain a sample, divided by k, averaged
        over samples. Around 1 for a perfect sampler, and not limited to 1.
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
    center = sides.real.mean(axis=0)  # keeps distances and reduces their rounding
    x, y = sides.real - center, sides.fake - center
    n, m = len(x), len(y)
    inside, covers, recalled = _count_pairs(
        x, y, squared_radii(x, k), squared_radii(y, k)
    )

    def result(name: str, values: np.ndarray, reverse: np.ndarray) -> MetricResult:
        """Return the mean of `values`; `reverse` holds the terms of the other side."""
        error = math.hypot(standard_error(values), standard_error(reverse))
        return sides.result(name, values.mean(), error)

    return PRDC(
        result("precision", inside.number > 0, inside.count_only_partners(n) * n / m),
        result("recall", recalled.number > 0, recalled.count_only_partners(m) * m / n),
        result("density", inside.number / k, covers.number * n / (k * m)),
        result("coverage", covers.number > 0, covers.count_only_partners(m) * m / n),
    )


class _Partners(NamedTuple):
    """Partners of each example: the examples of the other side it is paired with."""

    number: np.ndarray  # of partners
    index_sum: np.ndarray  # sum of the indices of the partners

    def count_only_partners(self, num: int) -> np.ndarray:
        """Return how often each of `num` partners is the only partner of an example.

        The mean loses these examples when the partner is left out, so the jackknife
        counts them.
        """
        indices = self.index_sum[self.number == 1].astype(int)
        return np.bincount(indices, minlength=num).astype(np.float64)


def _count_pairs(
    x: np.ndarray, y: np.ndarray, radii_x: np.ndarray, radii_y: np.ndarray
) -> tuple[_Partners, _Partners, _Partners]:
    """Count the pairs of a ball and an example of the other side inside it.

    Returns:
      For each y, the balls of x that contain it. For each x, the y inside its ball.
      For each x, the balls of y that contain it.
    """
    zeros = jnp.zeros((2, len(x)))
    carry = reference_of(x), jnp.asarray(radii_x), zeros, zeros
    rows = np.arange(len(y))
    (*_, covers, recalled), inside = scan_blocks(_pairs_step, carry, (y, radii_y, rows))
    partners = lambda counts: _Partners(*np.asarray(counts, np.float64))
    return partners(inside.T), partners(covers), partners(recalled)


def _pairs_step(carry: tuple[Reference, jax.Array, jax.Array, jax.Array], block):
    reference, radii_x, covers, recalled = carry
    y, radii_y, rows = block
    distances = squared_distances(reference, y)
    in_ball_of_x = distances < radii_x[None]
    in_ball_of_y = distances < radii_y[:, None]
    # The last block may end with copies, which must not be counted in the carry.
    is_new = jnp.diff(rows, prepend=-1) > 0
    covers = covers + _partners_of_rows((in_ball_of_x & is_new[:, None]).T, rows)
    recalled = recalled + _partners_of_rows((in_ball_of_y & is_new[:, None]).T, rows)
    columns = jnp.arange(len(radii_x), dtype=rows.dtype)
    inside = _partners_of_rows(in_ball_of_x, columns)
    return (reference, radii_x, covers, recalled), inside.T


def _partners_of_rows(paired: jax.Array, indices: jax.Array) -> jax.Array:
    """Return the number of partners of each row and the sum of indices, [2, rows]."""
    number = paired.sum(axis=1, dtype=indices.dtype)
    return jnp.stack([number, jnp.where(paired, indices, 0).sum(axis=1)])
