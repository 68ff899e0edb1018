"""Fidelity and variety apart: do samples lie where data do, do they go everywhere?

A side's *manifold* is the union of balls round its examples, each reaching to the
example's k-th nearest neighbour on the same side.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _checks
from advnet.evaluation._error import standard_error
from advnet.evaluation._neighbours import known, over_blocks, pairs, radii
from advnet.evaluation._samples import Features, Measure, featured

__all__ = ["Fidelity", "fidelity"]


class Fidelity(NamedTuple):
    """Four shares, each in [0, 1] but for density, which is around 1 at best.

    Attributes:
      precision: Samples inside the data's manifold. One far-off example of the data,
        with its large ball, raises it; density is the sounder twin.
      recall: Data inside the samples' manifold.
      density: Balls of the data that a sample lies in, over k: the mean over samples.
      coverage: Balls of the data that hold a sample.
    """

    precision: Measure
    recall: Measure
    density: Measure
    coverage: Measure

    def __str__(self) -> str:
        """One line for each."""
        return "\n".join(map(str, self))


def fidelity(
    real: ArrayLike, fake: ArrayLike, *, k: int = 5, features: Features | None = None
) -> Fidelity:
    r"""Precision, recall, density and coverage of samples, by nearest neighbours.

    Read them together: samples shrunk to the middle of the data have precision 1,
    coverage near 1 and recall 0. Even a perfect sampler covers
    :math:`1 - \prod_{i<k} (n-1-i)/(n+m-1-i)` only, .969 for n = m and k = 5. Standard
    errors are over the examples each is a mean of, with the balls as they are.

    Args:
      real: Examples of the data [n, ...], n > k.
      fake: Samples of the model [m, ...], m > k.
      k: Which neighbour a ball reaches to.
      features: From examples to features; raw values by default.

    Returns:
      Four measures. Memory is `500 * max(n, m)` floats.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or k is below 1.

    Examples:
      >>> x = np.random.RandomState(0).randn(2, 1000, 64)
      >>> print(fidelity(x[0], x[1]).coverage)
      coverage of raw values: 0.971 ± 0.0053 (n = 1,000, 1,000)

    References:
      Kynkäänniemi et al. 2019, eq. 1 to 3; Naeem et al. 2020, eq. 3 and 4.
    """
    _checks.at_least(1, k=k)
    x, y, name = featured(real, fake, features, least=k + 1)
    # Distances do not change under a shift; the rounding of their products does.
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    balls, covered, recalled = _inside(x, y, radii(x, k), radii(y, k))

    def measure(name_of: str, each: np.ndarray) -> Measure:
        value, error = float(each.mean()), standard_error(each)
        return Measure(name_of, value, error, len(x), len(y), name)

    return Fidelity(
        measure("precision", balls > 0),
        measure("recall", recalled),
        measure("density", balls / k),
        measure("coverage", covered),
    )


def _inside(x: np.ndarray, y: np.ndarray, reach: np.ndarray, back: np.ndarray):
    """Balls of x that hold each y, which of them hold any, which x a ball of y does."""
    none = jnp.zeros(len(x), bool)
    start = (known(x), jnp.asarray(reach), none, none)
    (*_, covered, recalled), balls = over_blocks(_met, start, (y, back))
    return balls, np.asarray(covered), np.asarray(recalled)


def _met(carry, block):
    all_x, reach, covered, recalled = carry
    rows, back = block
    distances = pairs(all_x, rows)
    inside = distances < reach[None]
    covered = covered | inside.any(axis=0)
    recalled = recalled | (distances < back[:, None]).any(axis=0)
    return (all_x, reach, covered, recalled), inside.sum(axis=1)
