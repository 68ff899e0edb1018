"""What chance does when marked examples are divided between two sides."""

import numpy as np


def divided(total: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """How many of `total` marked ones fall among the n, of n + m divided at random.

    Returns:
      The counts that are possible, increasing, and the chance of each.
    """
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + m + 1)))])
    choose = lambda n, k: logs[n] - logs[k] - logs[n - k]
    first = np.arange(max(0, total - m), min(total, n) + 1)
    chances = choose(n, first) + choose(m, total - first) - choose(n + m, total)
    return first, np.exp(chances)
