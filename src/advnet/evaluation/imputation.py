"""Imputation of missing values without networks, and the error of an imputation."""

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats, widen
from advnet._moments import compute_moments
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import standard_error

__all__ = [
    "by_gaussian",
    "by_mean",
    "by_nearest",
    "conditional_gaussian",
    "mean_squared_error",
]

_ROUNDING = 1e-13  # of squared distances, over squared norms
_BLOCK = 500  # examples whose distances to the training set are in memory together


def mean_squared_error(
    real: ArrayLike, filled: ArrayLike, mask: ArrayLike
) -> MetricResult:
    """Compute the mean squared error of an imputation, where values are missing.

    Args:
      real: True examples [m, ...].
      filled: Examples with imputed values [m, ...].
      mask: 1 where a value is known [m, ...]; each example needs a missing value.

    Returns:
      The mean over examples, in squared units of the data.

    Raises:
      ValueError: If shapes differ, or an example has no missing value.

    Examples:
      >>> x = np.array([[0.0, 0.0]])
      >>> print(mean_squared_error(x, np.array([[1.0, 2.0]]), np.array([[1, 0]])))
      squared error of missing values: 4 ± nan (n = 1)
    """
    real, filled = _float_rows(real), _float_rows(filled)
    missing = ~_float_rows(mask).astype(bool)
    if not filled.shape == real.shape == missing.shape or not missing.any(axis=1).all():
        raise ValueError(
            "Expected real examples, imputations and masks of one shape, with a "
            f"missing value in every example; got {real.shape}, {filled.shape}, "
            f"{missing.shape}."
        )
    differences = filled.astype(np.float64) - real
    errors = (differences**2 * missing).sum(axis=1) / missing.sum(axis=1)
    return MetricResult(
        "squared error of missing values",
        float(errors.mean()),
        standard_error(errors),
        num_real=len(errors),
        features="",
    )


def by_mean(train: ArrayLike, x: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Impute the mean of each value over the training set.

    Args:
      train: Training examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: 1 where a value is known [m, ...].

    Returns:
      Examples with imputed values [m, ...].

    Raises:
      ValueError: If there is no training example, or a training value is not finite.

    Examples:
      >>> by_mean(np.array([[1.0], [3.0]]), np.array([[9.0]]), np.array([[0]]))
      array([[2.]])
    """
    train = require_floats(train, name="train")
    mean = compute_moments(train).mean.astype(train.dtype)
    return np.where(np.asarray(mask, bool), widen(np.asarray(x)), mean[None])


def by_nearest(train: ArrayLike, x: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Impute the values of the training example that is nearest in the known values.

    Args:
      train: Training examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: 1 where a value is known [m, ...].

    Returns:
      Examples with imputed values [m, ...].

    Raises:
      ValueError: If there is no training example, or a training value is not finite.

    Examples:
      >>> train = np.array([[0.0, 5.0], [1.0, 7.0]])
      >>> by_nearest(train, np.array([[0.9, np.nan]]), np.array([[1, 0]]))
      array([[0.9, 7. ]])
    """
    train = require_floats(train, name="train")
    x, mask = widen(np.asarray(x)), np.asarray(mask, bool)
    # Without centering, large squares would hide small differences between examples.
    center = compute_moments(train).mean[None]
    values = _float_rows(np.where(mask, x - center, 0))
    known, references = _float_rows(mask), _float_rows(train - center)
    squares = (references**2).T
    starts = range(0, max(1, len(x)), _BLOCK)
    nearest = []
    for rows in (slice(start, start + _BLOCK) for start in starts):
        # |x - t|² over the known values.
        norms = (values[rows] ** 2).sum(axis=1)[:, None] + known[rows] @ squares
        distances = norms - 2 * values[rows] @ references.T
        # Of equal distances the first counts, whatever their rounding.
        limit = distances.min(axis=1, keepdims=True) + _ROUNDING * norms
        nearest.append((distances <= limit).argmax(axis=1))
    return np.where(mask, x, train[np.concatenate(nearest)])


def by_gaussian(
    train: ArrayLike, x: ArrayLike, mask: ArrayLike, *, jitter: float = 1e-2
) -> np.ndarray:
    """Impute the conditional mean of a Gaussian fitted to the training set.

    Among imputations that depend only on means and covariances, the conditional mean
    has the smallest squared error.

    Args:
      train: Training examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: 1 where a value is known [m, ...].
      jitter: Value added to all variances, because constant pixels have none.

    Returns:
      Examples with imputed values [m, ...]. Each example solves one linear system.

    Raises:
      ValueError: If there are fewer than two training examples, or a training value is
        not finite.

    Examples:
      >>> rng = np.random.default_rng(0)
      >>> t = rng.normal(size=(1000, 1)) * np.ones((1, 2))  # two equal values
      >>> by_gaussian(t, np.array([[2.0, np.nan]]), np.array([[1, 0]]), jitter=0.0)
      array([[2., 2.]])
    """
    train = require_floats(train, name="train", min_examples=2)
    x, mask = widen(np.asarray(x)), np.asarray(mask, bool)
    rows = _float_rows(train).astype(np.float64)
    mean, covariance = compute_moments(rows).mean, np.cov(rows, rowvar=False)
    covariance = covariance + jitter * np.eye(len(mean))
    filled = [
        conditional_gaussian(row, known, mean, covariance)[0]
        for row, known in zip(_float_rows(x), _float_rows(mask), strict=True)
    ]
    return np.where(mask, x, np.reshape(filled, x.shape))


def conditional_gaussian(
    x: ArrayLike, mask: ArrayLike, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the Gaussian distribution of missing values, given the known values.

    Args:
      x: One example [d]; missing values may be anything.
      mask: 1 where a value is known [d].
      mean: Mean of the Gaussian [d].
      covariance: Covariance of the Gaussian [d, d].

    Returns:
      The example with missing values at their conditional mean [d], and their
      conditional covariance [number missing, number missing].

    Examples:
      >>> covariance = np.array([[1.0, 0.5], [0.5, 1.0]])
      >>> filled, conditional = conditional_gaussian(
      ...     np.array([2.0, np.nan]), np.array([1, 0]), np.zeros(2), covariance
      ... )
      >>> filled.tolist(), conditional.tolist()
      ([2.0, 1.0], [[0.75]])
    """
    mask = np.asarray(mask, bool)
    known, missing = np.flatnonzero(mask), np.flatnonzero(~mask)
    cross = covariance[np.ix_(known, missing)]
    slope = np.linalg.solve(covariance[np.ix_(known, known)], cross).T
    filled = np.array(x, np.float64)
    filled[missing] = mean[missing] + slope @ (filled[known] - mean[known])
    return filled, covariance[np.ix_(missing, missing)] - slope @ cross


def _float_rows(x: ArrayLike) -> np.ndarray:
    """Return a matrix [n, d] of floats, because squares of uint8 would overflow."""
    x = widen(np.asarray(x))
    return x.reshape(len(x), -1)
