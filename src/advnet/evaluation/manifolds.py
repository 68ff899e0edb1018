"""PRDC and variety apart: do samples lie where data do, do they go everywhere?

A side's *manifold* is the union of balls round its examples, each reaching to the
example's k-th nearest neighbor on the same side.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._error import standard_error
from advnet.evaluation._neighbors import known, over_blocks, pairs, radii
from advnet.evaluation._samples import Features, MetricResult, extract_features

__all__ = ["PRDC", "prdc"]


class PRDC(NamedTuple):
    """Four shares, each in [0, 1] but for density, which is around 1 at best.

    Attributes:
      precision: Samples inside the data's manifold. One far-off example of the data,
        with its large ball, raises it; density is the sounder twin.
      recall: Data inside the samples' manifold.
      density: Balls of the data that a sample lies in, over k: the mean over samples.
      coverage: Balls of the data that hold a sample.
    """

    precision: MetricResult
    recall: MetricResult
    density: MetricResult
    coverage: MetricResult

    def __str__(self) -> str:
        """One line for each."""
        return "\n".join(map(str, self))


def prdc(
    real: ArrayLike, fake: ArrayLike, *, k: int = 5, features: Features | None = None
) -> PRDC:
    r"""Precision, recall, density and coverage of samples, by nearest neighbors.

    Read them together: samples shrunk to the middle of the data have precision 1,
    coverage near 1 and recall 0. Even a perfect sampler covers
    :math:`1 - \prod_{i<k} (n-1-i)/(n+m-1-i)` only, .969 for n = m and k = 5. Standard
    errors are over both sides, with the radii as they are, and on the safe side: 1 to 2
    times the spread from one draw of both to the next, more for a share of nearly 1.

    Args:
      real: Examples of the data [n, ...], n > k.
      fake: Samples of the model [m, ...], m > k.
      k: Which neighbor a ball reaches to.
      features: From examples to features; raw values by default.

    Returns:
      Four measures. Memory is `500 * max(n, m)` floats.

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
    x, y, name = extract_features(real, fake, features, least=k + 1)
    # Distances do not change under a shift; the rounding of their products does.
    center = x.mean(axis=0)
    x, y = x - center, y - center
    n, m = len(x), len(y)
    of_y, of_x, back = _met(x, y, radii(x, k), radii(y, k))

    def measure(name_of: str, *sides: np.ndarray) -> MetricResult:
        """The mean of the first; what either side adds to its error."""
        error = math.hypot(*map(standard_error, sides))
        return MetricResult(name_of, float(sides[0].mean()), error, n, m, name)

    return PRDC(
        measure("precision", of_y.number > 0, of_y.alone(n) * n / m),
        measure("recall", back.number > 0, back.alone(m) * m / n),
        measure("density", of_y.number / k, of_x.number * n / (k * m)),
        measure("coverage", of_x.number > 0, of_x.alone(m) * m / n),
    )


class _Balls(NamedTuple):
    """For each example how many on the other side it meets, and the sum of which."""

    number: np.ndarray
    which: np.ndarray

    def alone(self, num: int) -> np.ndarray:
        """For each on the other side, how many examples would meet nobody without it.

        That is what the mean loses where it is left out, so what the jackknife counts.
        """
        only = self.which[self.number == 1].astype(int)
        return np.bincount(only, minlength=num).astype(np.float64)


def _met(
    x: np.ndarray, y: np.ndarray, reach: np.ndarray, back: np.ndarray
) -> tuple[_Balls, _Balls, _Balls]:
    """For each y the balls of x it is in; for each x the y in its, the balls of y."""
    nobody = jnp.zeros((2, len(x)))
    start = known(x), jnp.asarray(reach), nobody, nobody
    places = np.arange(len(y))
    (*_, held, found), inside = over_blocks(_meet, start, (y, back, places))
    pairs_of = lambda both: _Balls(*np.asarray(both, np.float64))
    return pairs_of(inside.T), pairs_of(held), pairs_of(found)


def _meet(carry, block):
    all_x, reach, held, found = carry
    rows, back, places = block
    new = jnp.diff(places, prepend=-1) > 0  # the last block may end with copies
    distances = pairs(all_x, rows)
    inside = distances < reach[None]
    held = held + _counted((inside & new[:, None]).T, places)
    found = found + _counted(((distances < back[:, None]) & new[:, None]).T, places)
    numbers = jnp.arange(len(reach), dtype=places.dtype)
    return (all_x, reach, held, found), _counted(inside, numbers).T


def _counted(meets: jax.Array, numbers: jax.Array) -> jax.Array:
    """How many each row meets, and the sum of their numbers, [2, rows]."""
    number = meets.sum(axis=1, dtype=numbers.dtype)
    return jnp.stack([number, jnp.where(meets, numbers, 0).sum(axis=1)])
