"""Standard errors and exact probabilities, shared by several metrics."""

import math
from collections.abc import Callable

import numpy as np

GROUPS = 10
"""Number of groups of examples in a jackknife; each is left out in turn."""


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of `values` [n]; NaN if n is 1."""
    if len(values) < 2:
        return math.nan
    return float(values.std(ddof=1, dtype=np.float64) / math.sqrt(len(values)))


def proportion_error(share: float, n: int) -> float:
    """Return the standard error of a share among n independent examples."""
    return float(np.sqrt(share * (1 - share) / n))


def draw_groups(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the group in a jackknife of each of n data and m samples, [n] and [m].

    The division is random and the same in every call. Groups of every tenth example
    would be classes if the labels follow the order 0, 1, ..., 9, 0, ..., and without a
    class a statistic says nothing about its bias or its error.
    """
    rng = np.random.default_rng(0)
    groups_x, groups_y = rng.permutation(n) % GROUPS, rng.permutation(m) % GROUPS
    return groups_x, groups_y


def jackknife(
    statistic: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray
) -> tuple[float, float]:
    """Return the statistic without its bias of order 1/n, and its standard error."""
    group_x, group_y = draw_groups(len(x), len(y))
    partial = np.array(
        [statistic(x[group_x != group], y[group_y != group]) for group in range(GROUPS)]
    )
    value = GROUPS * statistic(x, y) - (GROUPS - 1) * partial.mean()
    return float(value), float(np.sqrt((GROUPS - 1) * partial.var()))


def hypergeometric(total: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute how many of `total` marked items fall into the first of two sides.

    The n + m items are divided at random into sides of n and m items.

    Returns:
      The possible counts, increasing, and the probability of each.
    """
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + m + 1)))])
    log_choose = lambda n, k: (
        log_factorials[n] - log_factorials[k] - log_factorials[n - k]
    )
    counts = np.arange(max(0, total - m), min(total, n) + 1)
    log_probabilities = (
        log_choose(n, counts) + log_choose(m, total - counts) - log_choose(n + m, total)
    )
    return counts, np.exp(log_probabilities)
