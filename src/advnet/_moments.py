"""Means and deviations of examples in float64, with one rule for constant values.

All code that centers or scales data uses this file. Sums in float32 are wrong where the
mean is large in comparison with the deviation, as for dates and times: the deviation of
a million values 1000 ± 1 is 8.96 in float32.
"""

from typing import NamedTuple

import numpy as np

_BLOCK = 1 << 20  # values that are in memory as float64 at a time
_NUM_ROUNDINGS = 16


class Moments(NamedTuple):
    """Means and scales of examples.

    Attributes:
      mean: Means, float64 [...].
      scale: Standard deviations, float64 [...]; 1 where the values are constant.
    """

    mean: np.ndarray
    scale: np.ndarray

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Return (x - mean) / scale of examples [m, ...], float64."""
        return (np.asarray(x, np.float64) - self.mean[None]) / self.scale[None]


def compute_moments(x: np.ndarray) -> Moments:
    """Compute the mean and the standard deviation of every value, in float64.

    A value is constant if its deviation is at most 16 times the rounding error of its
    largest magnitude in float64. The rule does not depend on the unit of the data:
    values around 1e-20 with a deviation of 1e-20 are not constant. The memory beyond
    the arrays is that of one block.

    Args:
      x: Finite examples [n, ...] of any real type, n >= 1.

    Returns:
      The moments; a constant value has its own value as the mean and scale 1.

    Examples:
      >>> times = 1.7e9 + np.arange(3.0)[:, None] * [[1.0, 0.0]]
      >>> mean, scale = compute_moments(times)
      >>> mean.tolist(), scale.round(4).tolist()
      ([1700000001.0, 1700000000.0], [0.8165, 1.0])
    """
    num = len(x)
    size = max(1, _BLOCK // max(1, x[0].size))
    parts = lambda: (
        np.asarray(x[i : i + size], np.float64) for i in range(0, num, size)
    )
    low = np.min([part.min(axis=0) for part in parts()], axis=0)
    high = np.max([part.max(axis=0) for part in parts()], axis=0)
    mean = sum(part.sum(axis=0) / num for part in parts())
    # The range as the unit keeps the squares of tiny and of huge values finite.
    unit = np.where(high > low, high - low, 1.0)
    first, second = np.zeros_like(low), np.zeros_like(low)
    for part in parts():
        deviations = (part - mean) / unit
        first += deviations.sum(axis=0) / num
        second += (deviations**2).sum(axis=0) / num
    deviation = unit * np.sqrt(np.maximum(second - first**2, 0))
    magnitude = np.maximum(np.abs(low), np.abs(high))
    constant = deviation <= _NUM_ROUNDINGS * np.finfo(np.float64).eps * magnitude
    mean = np.where(low == high, low, mean + unit * first)
    return Moments(mean, np.where(constant, 1.0, deviation))
