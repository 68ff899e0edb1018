"""Dependence of the columns of one table, pair by pair."""

import itertools
import math

import numpy as np

from advnet.evaluation._table_frames import ColumnPair


def dependence(columns: list[ColumnPair]) -> np.ndarray:
    """Return the dependence [d, d] of columns of one frame."""
    values = np.full((len(columns),) * 2, np.nan)
    for (i, first), (j, second) in itertools.combinations_with_replacement(
        enumerate(columns), 2
    ):
        values[i, j] = values[j, i] = _of_pair(first, second)
    return values


def _of_pair(first: ColumnPair, second: ColumnPair) -> float:
    x, y = first.sides[0], second.sides[0]
    present = ~(_missing(first) | _missing(second))
    x, y = x[present], y[present]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    if first.is_number and second.is_number:
        return float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    if first.is_number:
        return _correlation_ratio(y, x)
    if second.is_number:
        return _correlation_ratio(x, y)
    return _cramers_v(x, y)


def _missing(column: ColumnPair) -> np.ndarray:
    """Return where a number is missing; a missing category is a category."""
    side = column.sides[0]
    return np.isnan(side) if column.is_number else np.zeros(len(side), bool)


def _correlation_ratio(codes: np.ndarray, values: np.ndarray) -> float:
    """Return the deviation of the means of categories, over that of all values."""
    values = values - values.mean()
    _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    means = np.bincount(codes, values) / counts
    return math.sqrt(min(1.0, float(counts @ means**2 / (values @ values))))


def _cramers_v(x: np.ndarray, y: np.ndarray) -> float:
    """Return the square root of chi² over its largest value."""
    (levels, x), (columns, y) = (np.unique(z, return_inverse=True) for z in (x, y))
    shape = len(levels), len(columns)
    joint = np.bincount(x * shape[1] + y, minlength=shape[0] * shape[1])
    joint = joint.reshape(shape) / len(x)
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    chi_squared = float(((joint - expected) ** 2 / expected).sum())
    return math.sqrt(min(1.0, chi_squared / (min(shape) - 1)))
