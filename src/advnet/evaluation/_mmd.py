"""Maximum mean discrepancy in blocks, without a matrix of all pairs."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from advnet.evaluation._statistics import GROUPS

Kernel = Callable[[jax.Array, jax.Array], jax.Array]
"""Function from products x·y and sums x·x + y·y, both [n, m], to kernel values."""

_BLOCK = 500


def unbiased_mmd(kernel: Kernel, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return MMD² and its standard error by a jackknife over groups of examples.

    The sums over pairs of groups are computed once and combined for each group that is
    left out.
    """
    groups_x, groups_y = (
        [side[group::GROUPS] for group in range(GROUPS)] for side in (x, y)
    )
    sizes_x, sizes_y = (
        np.array([len(group) for group in groups]) for groups in (groups_x, groups_y)
    )
    xx = _sums_between(kernel, groups_x, groups_x)
    yy = _sums_between(kernel, groups_y, groups_y)
    xy = _sums_between(kernel, groups_x, groups_y)
    xx = xx - np.diag([_sum_of_self_pairs(kernel, group) for group in groups_x])
    yy = yy - np.diag([_sum_of_self_pairs(kernel, group) for group in groups_y])

    def statistic(groups: np.ndarray) -> float:
        n, m = sizes_x[groups].sum(), sizes_y[groups].sum()
        within = lambda sums: sums[np.ix_(groups, groups)].sum()
        return (
            within(xx) / (n * (n - 1))
            + within(yy) / (m * (m - 1))
            - 2 * within(xy) / (n * m)
        )

    groups = np.arange(GROUPS)
    partial = np.array([statistic(np.delete(groups, group)) for group in groups])
    error = np.sqrt((GROUPS - 1) * partial.var())
    return float(statistic(groups)), float(error)


def _sums_between(
    kernel: Kernel, left: list[np.ndarray], right: list[np.ndarray]
) -> np.ndarray:
    """Return the sum of kernel values for each pair of groups, [groups, groups]."""
    ones = [np.ones((len(group), 1), np.float32) for group in right]
    return np.array(
        [
            [
                float(_weighted_sums(kernel, a, b, weights).sum())
                for b, weights in zip(right, ones, strict=True)
            ]
            for a in left
        ]
    )


def _weighted_sums(
    kernel: Kernel, x: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return kernel values [n, m] times weights [m, w], [n, w] in float64."""
    exact = jax.lax.Precision.HIGHEST
    products = jnp.matmul(x, y.T, precision=exact)
    squares = jnp.asarray((x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1))
    sums = jnp.matmul(kernel(products, squares), weights, precision=exact)
    if not bool(jnp.isfinite(sums).all()):
        raise ValueError(
            "The kernel overflowed float32: expected features of moderate size, got "
            f"values up to {np.abs(x).max():.3g}. Scale both sides by one factor."
        )
    return np.asarray(sums, np.float64)


def _sum_of_self_pairs(kernel: Kernel, x: np.ndarray) -> float:
    """Return the sum of k(x, x) over examples."""
    squares = jnp.asarray((x**2).sum(axis=1)[:, None])
    return float(np.sum(kernel(squares, 2 * squares), dtype=float))


def permuted_mmd(
    kernel: Kernel, x: np.ndarray, y: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """Return MMD² of random divisions of all examples, [permutations]."""
    pooled = np.concatenate([x, y])
    n, m = len(x), len(y)
    rng = np.random.default_rng(seed)
    first = np.zeros((n + m, permutations + 1), np.float32)
    first[:, -1] = 1  # the last column gives the row sums
    for column in range(permutations):
        first[rng.permutation(n + m)[:n], column] = 1
    sums = np.concatenate(
        [
            _weighted_sums(kernel, pooled[i : i + _BLOCK], pooled, first)
            for i in range(0, n + m, _BLOCK)
        ]
    )
    squares = jnp.sum(pooled**2, axis=1)[:, None]
    diagonal = np.asarray(kernel(squares, 2 * squares)).astype(np.float64)
    sums = sums - diagonal * first  # pairs of an example with itself do not count
    to_first, to_all = sums[:, :-1], sums[:, -1:]
    inside = first[:, :-1].astype(np.float64)
    aa = (inside * to_first).sum(axis=0)
    ab = (inside * (to_all - to_first)).sum(axis=0)
    bb = ((1 - inside) * (to_all - to_first)).sum(axis=0)
    return aa / (n * (n - 1)) + bb / (m * (m - 1)) - 2 * ab / (n * m)


def median_distances(x: np.ndarray) -> np.ndarray:
    """Return half, one and two times the median distance between examples, [3]."""
    subset = x[:: max(1, len(x) // 500)]
    squares = (subset**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * subset @ subset.T
    median = np.sqrt(np.median(distances[np.triu_indices(len(subset), 1)]))
    return median * np.array([0.5, 1.0, 2.0])
