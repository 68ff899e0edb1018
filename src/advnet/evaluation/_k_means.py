"""K-means by Lloyd's algorithm, at the rate of matrix products."""

import numpy as np

from advnet import _validation
from advnet.evaluation._neighbors import nearest


def k_means(x: np.ndarray, k: int, *, num_steps: int = 10, seed: int = 0) -> np.ndarray:
    """Centers that have a small mean squared distance to the examples.

    Starts at random examples. A center that no example is nearest to moves to the
    example that lies farthest from its own, so all are in use unless there are fewer
    than k different examples.

    Args:
      x: Finite examples [n, d], n >= k.
      k: How many centers.
      num_steps: At most; stops where no example changes its center.
      seed: Of the start.

    Returns:
      Centers [k, d], float32. Memory beyond twice the examples is `500 * k` floats.

    Raises:
      ValueError: If there are fewer examples than centers, or a count is below 1.
    """
    _validation.check_at_least(1, k=k, num_steps=num_steps)
    if x.ndim != 2 or len(x) < k:
        raise ValueError(f"Expected x [n, d] with n >= k = {k}, got {x.shape}.")
    middle = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    x = x.astype(np.float32) - middle  # distances do not change, their rounding does
    centers = x[np.random.default_rng(seed).choice(len(x), k, replace=False)]
    owners = None
    for _ in range(num_steps):
        before, owners = owners, nearest(centers, x)
        if before is not None and np.array_equal(before, owners):
            break
        centers = _moved(centers, x, owners)
    return centers + middle


def _moved(centers: np.ndarray, x: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Each center at the mean of its examples, or at a far one if it has none."""
    order = np.argsort(owners, kind="stable")
    used, starts, counts = np.unique(
        owners[order], return_index=True, return_counts=True
    )
    sums = np.add.reduceat(x[order], starts, axis=0)
    empty = np.setdiff1d(np.arange(len(centers)), used)
    moved = np.empty_like(centers)
    moved[used] = sums / counts[:, None].astype(np.float32)
    if len(empty):
        squares = np.concatenate(
            [
                ((x[at : at + 1000] - centers[owners[at : at + 1000]]) ** 2).sum(axis=1)
                for at in range(0, len(x), 1000)
            ]
        )
        moved[empty] = x[np.argsort(-squares)[: len(empty)]]
    return moved
