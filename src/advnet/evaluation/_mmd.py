"""Maximum mean discrepancy over blocks: no matrix of all pairs is ever held."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from advnet.evaluation._samples import GROUPS

Kernel = Callable[[jax.Array, jax.Array], jax.Array]
"""From products x·y and sums x·x + y·y, [n, m] both, to kernel values [n, m]."""


def _rows(kernel: Kernel, x: np.ndarray, y: np.ndarray, weights: np.ndarray):
    """Kernel values times weights [m, w], summed over y: [n, w], float64."""
    exact = jax.lax.Precision.HIGHEST
    products = jnp.matmul(x, y.T, precision=exact)
    squares = jnp.asarray((x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1))
    values = jnp.matmul(kernel(products, squares), weights, precision=exact)
    if not bool(jnp.isfinite(values).all()):
        raise ValueError(
            "The kernel overflowed float32: expected features of moderate size, got "
            f"values up to {np.abs(x).max():.3g}. Scale both sides alike."
        )
    return np.asarray(values, np.float64)


def unbiased(kernel: Kernel, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """MMD² and its jackknife error, from the sums over pairs of ten groups each."""
    sides = [[side[group::GROUPS] for group in range(GROUPS)] for side in (x, y)]
    sizes = [np.array([len(group) for group in side]) for side in sides]

    def total(a: np.ndarray, b: np.ndarray) -> float:
        return float(_rows(kernel, a, b, np.ones((len(b), 1), np.float32)).sum())

    def between(left, right) -> np.ndarray:
        return np.array([[total(a, b) for b in right] for a in left])

    xx, yy, xy = (between(sides[i], sides[j]) for i, j in ((0, 0), (1, 1), (0, 1)))
    own = [[_own(kernel, group) for group in side] for side in sides]
    xx, yy = (sums - np.diag(same) for sums, same in zip((xx, yy), own, strict=True))

    def statistic(kept: np.ndarray) -> float:
        n, m = sizes[0][kept].sum(), sizes[1][kept].sum()
        within = lambda sums: sums[np.ix_(kept, kept)].sum()
        return (
            within(xx) / (n * (n - 1))
            + within(yy) / (m * (m - 1))
            - 2 * within(xy) / (n * m)
        )

    everyone = np.arange(GROUPS)
    parts = np.array([statistic(np.delete(everyone, group)) for group in everyone])
    error = np.sqrt((GROUPS - 1) * parts.var())
    return float(statistic(everyone)), float(error)


def _own(kernel: Kernel, x: np.ndarray) -> float:
    """Of every example with itself, summed."""
    squares = jnp.asarray((x**2).sum(axis=1)[:, None])
    return float(np.sum(kernel(squares, 2 * squares), dtype=float))


def permuted(
    kernel: Kernel, x: np.ndarray, y: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """MMD² of random divisions of all examples, [permutations]."""
    both = np.concatenate([x, y])
    n, m = len(x), len(y)
    rng = np.random.default_rng(seed)
    first = np.zeros((n + m, permutations + 1), np.float32)
    first[:, -1] = 1  # row sums
    for column in range(permutations):
        first[rng.permutation(n + m)[:n], column] = 1
    sums = np.concatenate(
        [_rows(kernel, both[at : at + 500], both, first) for at in range(0, n + m, 500)]
    )
    itself = np.asarray(
        kernel(*(k * jnp.sum(both**2, axis=1)[:, None] for k in (1, 2)))
    ).astype(np.float64)
    sums = sums - itself * first  # k(x, x) belongs to no pair
    of_first, of_all = sums[:, :-1], sums[:, -1:]
    inside = first[:, :-1].astype(np.float64)
    aa = (inside * of_first).sum(axis=0)
    ab = (inside * (of_all - of_first)).sum(axis=0)
    bb = ((1 - inside) * (of_all - of_first)).sum(axis=0)
    return aa / (n * (n - 1)) + bb / (m * (m - 1)) - 2 * ab / (n * m)


def median_distances(x: np.ndarray) -> np.ndarray:
    some = x[:: max(1, len(x) // 500)]
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * some @ some.T
    median = np.sqrt(np.median(distances[np.triu_indices(len(some), 1)]))
    return median * np.array([0.5, 1.0, 2.0])
