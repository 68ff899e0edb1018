"""Mean log-likelihood of examples, and its mean over folds."""

from collections.abc import Sequence

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._digest import digest_examples
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import standard_error
from advnet.evaluation.parzen._density import log_densities, require_sigmas
from advnet.evaluation.parzen._window import BATCH_SIZE


def log_likelihood(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: float,
    *,
    batch_size: int = BATCH_SIZE,
) -> MetricResult:
    """Compute the mean log-density of examples and its standard error, as in Table 1.

    Args:
      samples: Centers of the window [n, ...]; the paper uses 10,000 samples.
      x: Examples to score [m, ...].
      sigma: Standard deviation of each Gaussian; see `select_bandwidth`.
      batch_size: Number of examples in one block of the computation.

    Returns:
      Mean over examples in nats, with its standard error (std / sqrt(m), NaN if m is
      1). `num_real` is m and `num_fake` is n.

    Raises:
      ValueError: For the inputs that `log_density` refuses.

    Warns:
      UserWarning: If float32 is not accurate enough (see `log_density`).

    Examples:
      >>> print(log_likelihood(np.zeros((1, 784)), np.zeros((2, 784)), 1.0))
      Parzen log-likelihood of raw values: -720.4 ± 0 (n = 2, 1)

    References:
      Goodfellow et al. 2014, section 5 and Table 1.
    """
    sigmas = np.atleast_1d(require_sigmas(sigma))
    densities = log_densities(samples, x, sigmas, batch_size)
    densities = np.asarray(densities, np.float64).ravel()
    return MetricResult(
        "Parzen log-likelihood",
        float(densities.mean()),
        standard_error(densities),
        num_real=densities.size,
        num_fake=np.shape(samples)[0],
        data=digest_examples(np.asarray(x)),
    )


def across_folds(scores: Sequence[MetricResult]) -> MetricResult:
    """Average the log-likelihoods of several folds, with a standard error over folds.

    The paper does so for the Toronto Face Database, where every fold has its own
    training set, model and sigma.

    Args:
      scores: One log-likelihood for each fold, at least two.

    Returns:
      Mean over folds in nats, with its standard error (std / sqrt(folds)). `num_real`
      and `num_fake` are the totals of all folds.

    Raises:
      ValueError: If there are fewer than two folds.

    Examples:
      >>> fold = MetricResult("Parzen log-likelihood", 2000.0, 9.0, 50, 10_000)
      >>> print(across_folds([fold] * 5))
      Parzen log-likelihood of raw values: 2000 ± 0 (n = 250, 50,000)

    References:
      Goodfellow et al. 2014, Table 1.
    """
    if len(scores) < 2:
        raise ValueError(f"Expected at least two folds, got {len(scores)}.")
    means = np.array([score.value for score in scores])
    return scores[0]._replace(
        value=float(means.mean()),
        standard_error=standard_error(means),
        num_real=sum(score.num_real for score in scores),
        num_fake=sum(score.num_fake for score in scores),
        data=None,  # each fold has its own
    )
