"""Fillings that need no training of networks, to set beside those of a game."""

from typing import NamedTuple

import numpy as np

from advnet.evaluation._error import standard_error

_BLOCK = 500  # examples whose distances to all of the training set are held at once


class Error(NamedTuple):
    """Squared error of a missing value.

    Attributes:
      mean: Mean over examples, in squared units of the data.
      standard_error: Of the mean, over examples.
      num_examples: How many.
    """

    mean: float
    standard_error: float
    num_examples: int

    def __str__(self) -> str:
        """The mean with one standard error."""
        return (
            f"{self.mean:.4f} ± {self.standard_error:.4f} (n = {self.num_examples:,})"
        )


def squared_error(filled: np.ndarray, x: np.ndarray, mask: np.ndarray) -> Error:
    """How far a filling is from the truth, where values are missing.

    Args:
      filled: Fillings [m, ...].
      x: The truth [m, ...].
      mask: One where a value is known [m, ...]; some value of each example must not be.

    Raises:
      ValueError: If shapes differ, or nothing is missing in some example.

    Examples:
      >>> print(squared_error(np.array([[1.0, 2.0]]), np.zeros((1, 2)), np.eye(1, 2)))
      4.0000 ± nan (n = 1)
    """
    filled, x, mask = _flat(filled), _flat(x), _flat(mask).astype(bool)
    if not filled.shape == x.shape == mask.shape or mask.all(axis=1).any():
        raise ValueError(
            "Expected fillings, truth and masks of one shape, with something missing "
            f"in every example; got {filled.shape}, {x.shape}, {mask.shape}."
        )
    missing = ~mask
    errors = ((filled - x) ** 2 * missing).sum(axis=1) / missing.sum(axis=1)
    return Error(float(errors.mean()), standard_error(errors), len(errors))


def by_mean(train: np.ndarray, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fills in the training set's mean of each value.

    Args:
      train: Examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: One where a value is known [m, ...].

    Raises:
      ValueError: If there is no training example, or one is not finite.

    Examples:
      >>> by_mean(np.array([[1.0], [3.0]]), np.array([[9.0]]), np.array([[0]]))
      array([[2.]])
    """
    mean = np.mean(_checked(train), axis=0, keepdims=True)
    return np.where(np.asarray(mask, bool), x, mean)


def by_nearest(train: np.ndarray, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fills in what the training example nearest in the known values has.

    Args:
      train: Examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: One where a value is known [m, ...].

    Raises:
      ValueError: If there is no training example, or one is not finite.

    Examples:
      >>> train = np.array([[0.0, 5.0], [1.0, 7.0]])
      >>> by_nearest(train, np.array([[0.9, np.nan]]), np.array([[1, 0]]))
      array([[0.9, 7. ]])
    """
    train, x, mask = _checked(train), np.asarray(x), np.asarray(mask, bool)
    # Centered, as far from the origin squares drown what tells examples apart.
    center = train.mean(axis=0, keepdims=True)
    known, shown = _flat(np.where(mask, x - center, 0)), _flat(mask)
    flat = _flat(train - center)
    squares = (flat**2).T
    nearest = [
        # |x - t|² over known values, less its part without t.
        (shown[rows] @ squares - 2 * known[rows] @ flat.T).argmin(axis=1)
        for rows in (slice(at, at + _BLOCK) for at in range(0, max(1, len(x)), _BLOCK))
    ]
    return np.where(mask, x, train[np.concatenate(nearest)])


def by_gaussian(
    train: np.ndarray, x: np.ndarray, mask: np.ndarray, *, jitter: float = 1e-2
) -> np.ndarray:
    """Fills in the conditional mean of a Gaussian fitted to the training set.

    The best guess in squared error that knows means and covariances only.

    Args:
      train: Examples [n, ...].
      x: Examples [m, ...]; missing values may be anything.
      mask: One where a value is known [m, ...].
      jitter: Added to all variances, as pixels that never change have none.

    Returns:
      Fillings [m, ...]. Solves one linear system for each example.

    Raises:
      ValueError: If there are less than two training examples, or one is not finite.

    Examples:
      >>> rng = np.random.default_rng(0)
      >>> t = rng.normal(size=(1000, 1)) * np.ones((1, 2))  # two equal values
      >>> by_gaussian(t, np.array([[2.0, np.nan]]), np.array([[1, 0]]), jitter=0.0)
      array([[2., 2.]])
    """
    x, mask = np.asarray(x), np.asarray(mask, bool)
    flat = _flat(_checked(train, least=2)).astype(np.float64)
    mean, covariance = flat.mean(axis=0), np.cov(flat, rowvar=False)
    covariance = covariance + jitter * np.eye(len(mean))
    filled = [
        conditional_gaussian(row, shown, mean, covariance)[0]
        for row, shown in zip(_flat(x), _flat(mask), strict=True)
    ]
    return np.where(mask, x, np.reshape(filled, x.shape))


def conditional_gaussian(
    x: np.ndarray, mask: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The exact answer for a Gaussian: what is missing, given what is known.

    Args:
      x: One example [d]; missing values may be anything.
      mask: One where a value is known [d].
      mean: Of the Gaussian [d].
      covariance: Of the Gaussian [d, d].

    Returns:
      The example with its missing values at their conditional mean [d], and their
      conditional covariance [number missing, number missing].

    Examples:
      >>> covariance = np.array([[1.0, 0.5], [0.5, 1.0]])
      >>> filled, left = conditional_gaussian(
      ...     np.array([2.0, np.nan]), np.array([1, 0]), np.zeros(2), covariance
      ... )
      >>> filled.tolist(), left.tolist()
      ([2.0, 1.0], [[0.75]])
    """
    mask = np.asarray(mask, bool)
    known, missing = np.flatnonzero(mask), np.flatnonzero(~mask)
    cross = covariance[np.ix_(known, missing)]
    slope = np.linalg.solve(covariance[np.ix_(known, known)], cross).T
    filled = np.array(x, np.float64)
    filled[missing] = mean[missing] + slope @ (filled[known] - mean[known])
    return filled, covariance[np.ix_(missing, missing)] - slope @ cross


def _checked(train: np.ndarray, *, least: int = 1) -> np.ndarray:
    """Refuses examples that nothing can be learned from."""
    train = np.asarray(train)
    if train.ndim < 2 or len(train) < least or not np.isfinite(train).all():
        raise ValueError(
            f"Expected finite examples train [n, ...], n >= {least}, got shape "
            f"{train.shape}, or NaN or infinity."
        )
    return train


def _flat(x: np.ndarray) -> np.ndarray:
    """Rows of floats: squares of uint8 would wrap."""
    x = np.asarray(x)
    return x.reshape(len(x), -1).astype(np.result_type(x.dtype, np.float32))
