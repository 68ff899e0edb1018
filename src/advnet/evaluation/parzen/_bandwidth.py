"""Choice of sigma by the log-likelihood of validation examples."""

import warnings
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation.parzen._density import log_densities, require_sigmas
from advnet.evaluation.parzen._window import BATCH_SIZE


class Bandwidth(NamedTuple):
    """The best sigma of a grid.

    Attributes:
      sigma: The sigma with the highest log-likelihood.
      index: Position of `sigma` in the grid, from 0.
      log_likelihoods: Mean log-likelihood of the validation examples, in nats, [s].
      sigmas: The grid [s].
    """

    sigma: float
    index: int
    log_likelihoods: np.ndarray
    sigmas: np.ndarray

    @property
    def at_edge(self) -> bool:
        """True if `sigma` is the first or the last value of a grid of several."""
        last = len(self.sigmas) - 1
        return last > 0 and self.index in (0, last)

    def __str__(self) -> str:
        """Return sigma and its position in the grid, counted from 1."""
        return f"{self.sigma:.3f} ({self.index + 1} of {len(self.sigmas)})"


def select_bandwidth(
    samples: ArrayLike,
    valid: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Bandwidth:
    """Select sigma from a grid by the log-likelihood of validation examples.

    Args:
      samples: Centers of the window [n, ...].
      valid: Validation examples [m, ...]; the paper uses 1,000.
      sigmas: Increasing grid [s]; by default that of the paper,
        `np.logspace(-1, 0, 10)`.
      batch_size: Number of validation examples in one block of the computation.

    Returns:
      The best sigma and the log-likelihoods of the grid.

    Raises:
      ValueError: For the inputs that `log_density` refuses.

    Warns:
      UserWarning: If the best sigma lies at an edge of the grid, because a wider grid
        may score higher; and if float32 is not accurate enough (see `log_density`).

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 2))
      >>> print(select_bandwidth(x[0], x[1]))
      0.464 (7 of 10)

    References:
      Goodfellow et al. 2014, section 5.
    """
    sigmas = np.logspace(-1, 0, 10) if sigmas is None else sigmas
    best = _best(samples, valid, np.atleast_1d(require_sigmas(sigmas)), batch_size)
    if best.at_edge:
        warnings.warn(
            f"sigma = {best} lies at an edge; a wider grid may score higher.",
            stacklevel=2,
        )
    return best


def refine_bandwidth(
    samples: ArrayLike,
    valid: ArrayLike,
    bandwidth: Bandwidth,
    *,
    num_rounds: int = 3,
    batch_size: int = BATCH_SIZE,
) -> Bandwidth:
    """Refine a sigma from a grid to a value between the points of the grid.

    Each round evaluates nine sigmas between the neighbors of the best sigma of the
    previous round. Three rounds reduce the paper's grid to steps of 0.3 %. If the best
    sigma lies at an edge of the grid, the range extends one step beyond the edge.

    Args:
      samples: Centers of the window [n, ...].
      valid: Validation examples [m, ...].
      bandwidth: Result of `select_bandwidth` on the same data.
      num_rounds: Number of rounds; each evaluates the window once.
      batch_size: Number of validation examples in one block of the computation.

    Returns:
      The best sigma and the grid of the last round.

    Raises:
      ValueError: For the inputs that `log_density` refuses, and if the grid of
        `bandwidth` has fewer than two sigmas.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 2))
      >>> print(refine_bandwidth(x[0], x[1], select_bandwidth(x[0], x[1])))
      0.453 (3 of 9)
    """
    if len(bandwidth.sigmas) < 2:
        raise ValueError("Expected a grid of at least two sigmas, got one.")
    for _ in range(num_rounds):
        step = np.sqrt(bandwidth.sigmas[1] / bandwidth.sigmas[0])
        low, high = bandwidth.sigma / step**2, bandwidth.sigma * step**2
        bandwidth = _best(samples, valid, np.geomspace(low, high, 9), batch_size)
    return bandwidth


def _best(
    samples: ArrayLike, valid: ArrayLike, sigmas: np.ndarray, batch_size: int
) -> Bandwidth:
    """Return the sigma [s] with the highest mean log-density of `valid`."""
    densities = np.asarray(log_densities(samples, valid, sigmas, batch_size))
    scores = densities.mean(axis=1, dtype=np.float64)
    index = int(scores.argmax())
    return Bandwidth(float(sigmas[index]), index, scores, sigmas)
