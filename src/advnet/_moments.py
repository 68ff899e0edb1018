"""Means and deviations of examples in float64, with one rule for constant values.

All code that centers or scales data uses this file. Sums in float32 are wrong where the
mean is large in comparison with the deviation, as for dates and times: the deviation of
a million values 1000 ± 1 is 8.96 in float32.
"""

import functools
from typing import NamedTuple

import numpy as np

_BLOCK = 1 << 20  # values that are in memory as float64 at a time
_NUM_ROUNDINGS = 16
_MAX_ROUNDING = 0.05  # root mean square of rounding to float32, in deviations
_MIN_SPREAD = 1e-36  # XLA takes smaller differences in float32 for 0


class Moments(NamedTuple):
    """Means and standard deviations of examples.

    Attributes:
      mean: Means, float64 [...].
      deviation: Standard deviations, float64 [...]; 0 where the values are constant.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @property
    def scale(self) -> np.ndarray:
        """Standard deviations, float64 [...]; 1 where the values are constant."""
        return np.where(self.deviation > 0, self.deviation, 1.0)

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
      The moments; a constant value has its own value as the mean and deviation 0.

    Examples:
      >>> times = 1.7e9 + np.arange(3.0)[:, None] * [[1.0, 0.0]]
      >>> mean, deviation = compute_moments(times)
      >>> mean.tolist(), deviation.round(4).tolist()
      ([1700000001.0, 1700000000.0], [0.8165, 0.0])
    """
    num = len(x)
    size = max(1, _BLOCK // max(1, x[0].size))
    parts = lambda: (
        np.asarray(x[i : i + size], np.float64) for i in range(0, num, size)
    )
    low = functools.reduce(np.minimum, (part.min(axis=0) for part in parts()))
    high = functools.reduce(np.maximum, (part.max(axis=0) for part in parts()))
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
    return Moments(mean, np.where(constant, 0.0, deviation))


def check_float32(x: np.ndarray, *, name: str) -> None:
    """Raise if float32 would not hold the differences between examples.

    The rounding to float32 may change a value by up to 5 % of its standard deviation,
    in the mean square. Unix seconds of an hour pass, those of a minute do not.

    Args:
      x: Finite examples [n, ...] of floats.
      name: Name of the array in the error message.

    Raises:
      ValueError: If the examples are float64 and a value changes more, or its standard
        deviation is below 1e-36.
    """
    if x.dtype != np.float64:
        return
    deviation = compute_moments(x).deviation
    errors = np.zeros_like(deviation)
    size = max(1, _BLOCK // x[0].size)
    unit = np.where(deviation > 0, deviation, 1.0)
    for start in range(0, len(x), size):
        part = x[start : start + size]
        errors += (((part.astype(np.float32) - part) / unit) ** 2).sum(axis=0) / len(x)
    lost = (deviation > 0) & ((errors > _MAX_ROUNDING**2) | (deviation < _MIN_SPREAD))
    if lost.any():
        index = tuple(int(i) for i in np.argwhere(lost)[0])
        values = x[(slice(None), *index)]
        raise ValueError(
            f"Expected {name} whose differences float32 holds, got values from "
            f"{values.min():.10g} to {values.max():.10g} at index {list(index)} of the "
            "examples. Subtract a constant, such as the first date, or change the unit."
        )
