"""How sure a mean is."""

import math

import numpy as np


def standard_error(values: np.ndarray) -> float:
    """Of the mean of values [n]; NaN for one alone, of whose spread nobody knows."""
    if len(values) < 2:
        return math.nan
    return float(values.std(ddof=1) / math.sqrt(len(values)))
