"""K-means by Lloyd's algorithm, at the rate of matrix products."""

import numpy as np

from advnet import _checks
from advnet.evaluation._neighbours import nearest


def k_means(x: np.ndarray, k: int, *, num_steps: int = 10, seed: int = 0) -> np.ndarray:
    """Centres that have a small mean squared distance to the examples.

    Starts at random examples. A centre that no example is nearest to moves to the
    example that lies farthest from its own, so all are in use unless there are fewer
    than k different examples.

    Args:
      x: Finite examples [n, d], n >= k.
      k: How many centres.
      num_steps: At most; stops where no example changes its centre.
      seed: Of the start.

    Returns:
      Centres [k, d], float32. Memory beyond twice the examples is `500 * k` floats.

    Raises:
      ValueError: If there are fewer examples than centres, or a count is below 1.
    """
    _checks.at_least(1, k=k, num_steps=num_steps)
    if x.ndim != 2 or len(x) < k:
        raise ValueError(f"Expected x [n, d] with n >= k = {k}, got {x.shape}.")
    middle = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    x = x.astype(np.float32) - middle  # distances do not change, their rounding does
    centres = x[np.random.default_rng(seed).choice(len(x), k, replace=False)]
    owners = None
    for _ in range(num_steps):
        before, owners = owners, nearest(centres, x)
        if before is not None and np.array_equal(before, owners):
            break
        centres = _moved(centres, x, owners)
    return centres + middle


def _moved(centres: np.ndarray, x: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Each centre at the mean of its examples, or at a far one if it has none."""
    order = np.argsort(owners, kind="stable")
    used, starts, counts = np.unique(
        owners[order], return_index=True, return_counts=True
    )
    sums = np.add.reduceat(x[order], starts, axis=0)
    empty = np.setdiff1d(np.arange(len(centres)), used)
    moved = np.empty_like(centres)
    moved[used] = sums / counts[:, None].astype(np.float32)
    if len(empty):
        squares = np.concatenate(
            [
                ((x[at : at + 1000] - centres[owners[at : at + 1000]]) ** 2).sum(axis=1)
                for at in range(0, len(x), 1000)
            ]
        )
        moved[empty] = x[np.argsort(-squares)[: len(empty)]]
    return moved
