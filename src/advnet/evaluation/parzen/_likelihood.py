from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._error import standard_error
from advnet.evaluation.parzen._density import densities_of, positive
from advnet.evaluation.parzen._window import BATCH_SIZE


class LogLikelihood(NamedTuple):
    """A mean log-density over `num` examples, in nats, and its standard error."""

    mean: float
    standard_error: float
    num: int

    def __str__(self) -> str:
        """As the paper prints it: mean ± standard error."""
        return f"{self.mean:.1f} ± {self.standard_error:.1f} nats (n = {self.num})"


def log_likelihood(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: float,
    *,
    batch_size: int = BATCH_SIZE,
) -> LogLikelihood:
    """The mean log-density of test examples and its standard error, as in Table 1.

    Args:
      samples: Centers [n, ...]; the paper draws 10,000.
      x: Test examples [m, ...].
      sigma: Standard deviation of each Gaussian; see `select_bandwidth`.
      batch_size: Test examples handled at once.

    Returns:
      Mean and standard error over examples (std / sqrt(m), NaN for one), in nats.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: As `log_density`.

    Examples:
      >>> print(log_likelihood(np.zeros((1, 784)), np.zeros((2, 784)), 1.0))
      -720.4 ± 0.0 nats (n = 2)
    """
    sigmas = np.atleast_1d(positive(sigma))
    densities = densities_of(samples, x, sigmas, batch_size)
    densities = np.asarray(densities, np.float64).ravel()
    error = standard_error(densities)
    return LogLikelihood(float(densities.mean()), error, densities.size)


def across_folds(scores: Sequence[LogLikelihood]) -> LogLikelihood:
    """The mean of several folds' scores; its standard error is over folds.

    As the paper does for the Toronto Face Database, where every fold has its own
    training set, model and sigma.

    Args:
      scores: One score for each fold, at least two.

    Returns:
      Mean and standard error (std / sqrt(folds)) in nats; `num` counts all examples.

    Raises:
      ValueError: If there are fewer than two.

    Examples:
      >>> print(across_folds([LogLikelihood(2000.0, 9.0, 50)] * 5))
      2000.0 ± 0.0 nats (n = 250)

    References:
      Goodfellow et al. 2014, Table 1.
    """
    if len(scores) < 2:
        raise ValueError(f"Expected at least two folds, got {len(scores)}.")
    means = np.array([score.mean for score in scores])
    num = sum(score.num for score in scores)
    return LogLikelihood(float(means.mean()), standard_error(means), num)
