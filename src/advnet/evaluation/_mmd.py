"""Maximum mean discrepancy in blocks, without a matrix of all pairs, in float64."""

from collections.abc import Callable

import numpy as np

from advnet.evaluation._blocks import BLOCK
from advnet.evaluation._neighbors import Points, squared_distances
from advnet.evaluation._statistics import GROUPS, draw_groups

KernelRows = Callable[[slice], np.ndarray]
"""Function from a slice of the pooled examples to kernel values with all, [b, n + m].

The first n pooled examples are those of the data.
"""

_NUM_BANDWIDTH = 1_000  # examples that determine the bandwidths

_TIE = 1e-10
"""Difference of two estimates that counts as a tie, over the mean kernel values."""


def unbiased_mmd(kernel: KernelRows, n: int, m: int) -> tuple[float, float]:
    """Return MMD² and its standard error by a jackknife over groups of examples.

    The sums over pairs of groups are computed once and combined for each group that is
    left out.
    """
    groups = _group_columns(n, m)
    return _jackknife(groups, _sums(kernel, groups))


def permutation_test(
    kernel: KernelRows, n: int, m: int, permutations: int, seed: int
) -> tuple[float, float, float]:
    """Return MMD², its standard error, and the p-value of the permutation test.

    The division into data and samples is one more column of the divisions, so that the
    same sums give its estimate. An estimate that is equal but for its rounding counts
    as at least as large.
    """
    rng = np.random.default_rng(seed)
    divisions = np.zeros((n + m, permutations + 1))
    divisions[:n, 0] = 1
    for column in range(1, permutations + 1):
        divisions[rng.permutation(n + m)[:n], column] = 1
    groups = _group_columns(n, m)
    sums = _sums(kernel, np.concatenate([groups, divisions], axis=1))
    to_groups, to_first = np.split(sums, [groups.shape[1]], axis=1)
    to_second = to_groups.sum(axis=1, keepdims=True) - to_first
    within_first = (divisions * to_first).sum(axis=0) / (n * (n - 1))
    within_second = ((1 - divisions) * to_second).sum(axis=0) / (m * (m - 1))
    between = (divisions * to_second).sum(axis=0) / (n * m)
    estimates = within_first + within_second - 2 * between
    tie = _TIE * (abs(within_first) + abs(within_second) + 2 * abs(between)).max()
    p_value = float(np.mean(estimates >= estimates[0] - tie))
    return *_jackknife(groups, to_groups), p_value


def _group_columns(n: int, m: int) -> np.ndarray:
    """Return the members of each group as columns of 0 and 1, the data's first."""
    members = np.eye(GROUPS)
    columns = np.zeros((n + m, 2 * GROUPS))
    group_x, group_y = draw_groups(n, m)
    columns[:n, :GROUPS] = members[group_x]
    columns[n:, GROUPS:] = members[group_y]
    return columns


def _sums(kernel: KernelRows, columns: np.ndarray) -> np.ndarray:
    """Return the sums of each example's kernel values over the members of columns.

    Pairs of an example with itself do not count.
    """
    sums = []
    for start in range(0, len(columns), BLOCK):
        values = kernel(slice(start, start + BLOCK))
        rows = np.arange(len(values))
        values[rows, start + rows] = 0
        sums.append(values @ columns)
    return np.concatenate(sums)


def _jackknife(groups: np.ndarray, sums: np.ndarray) -> tuple[float, float]:
    """Return the estimate and its error from sums over groups, [n + m, 2 GROUPS]."""
    totals = groups.T @ sums
    xx, yy = totals[:GROUPS, :GROUPS], totals[GROUPS:, GROUPS:]
    xy = totals[:GROUPS, GROUPS:]
    sizes_x, sizes_y = np.split(groups.sum(axis=0), 2)

    def statistic(groups: np.ndarray) -> float:
        n, m = sizes_x[groups].sum(), sizes_y[groups].sum()
        within = lambda sums: sums[np.ix_(groups, groups)].sum()
        return (
            within(xx) / (n * (n - 1))
            + within(yy) / (m * (m - 1))
            - 2 * within(xy) / (n * m)
        )

    everything = np.arange(GROUPS)
    partial = np.array([statistic(np.delete(everything, i)) for i in everything])
    error = np.sqrt((GROUPS - 1) * partial.var())
    return float(statistic(everything)), float(error)


def median_distance(pooled: Points) -> float:
    """Return the median of the distances above 0 between examples, in their unit.

    At most 1,000 examples are compared. Their choice depends on the values and not on
    the order, as the level of a permutation test requires. Examples that are all equal
    give 1.
    """
    order = np.argsort(pooled.hashes, kind="stable")
    different = np.unique(pooled.hashes, return_index=True)[1]
    for candidates in (order, different):
        subset = pooled.take(candidates[:: -(-len(candidates) // _NUM_BANDWIDTH)])
        squares = squared_distances(subset, subset)
        squares = squares[np.triu_indices(len(squares), 1)]
        if (squares > 0).any():
            return float(np.sqrt(np.median(squares[squares > 0])))
    return 1.0
