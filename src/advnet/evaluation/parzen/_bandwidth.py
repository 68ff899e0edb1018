import warnings
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation.parzen._density import densities_of, positive
from advnet.evaluation.parzen._window import BATCH_SIZE


class Bandwidth(NamedTuple):
    """The best `sigma` of a grid, its place there, every score and sigma, [s]."""

    sigma: float
    index: int
    log_likelihoods: np.ndarray
    sigmas: np.ndarray

    @property
    def at_edge(self) -> bool:
        """Whether the best is the first or last of a grid of several."""
        last = len(self.sigmas) - 1
        return last > 0 and self.index in (0, last)

    def __str__(self) -> str:
        """Sigma and its place, counted from 1."""
        return f"{self.sigma:.3f} ({self.index + 1} of {len(self.sigmas)})"


def select_bandwidth(
    samples: ArrayLike,
    valid: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Bandwidth:
    """Chooses sigma by the likelihood of validation examples, over a grid.

    Args:
      samples: Centers [n, ...].
      valid: Validation examples [m, ...]; the paper uses 1,000.
      sigmas: The grid [s], increasing; the paper's `np.logspace(-1, 0, 10)` by default.
      batch_size: Validation examples handled at once.

    Returns:
      The best sigma and the score of every one, in nats.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: If the best lies at an edge of the grid, so that a better one may
        lie outside; and as `log_density`.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 2))
      >>> print(select_bandwidth(x[0], x[1]))
      0.464 (7 of 10)
    """
    sigmas = np.logspace(-1, 0, 10) if sigmas is None else sigmas
    best = _best(samples, valid, np.atleast_1d(positive(sigmas)), batch_size)
    if best.at_edge and len(best.sigmas) > 1:
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
    """A second answer: the best sigma of a continuous range round a grid's best.

    Each round lays nine sigmas between the neighbors of the best so far; three bring
    the paper's grid down to steps of .3 %. Beyond an edge it looks one step further.

    Args:
      samples: Centers [n, ...].
      valid: Validation examples [m, ...].
      bandwidth: What `select_bandwidth` chose on the same data.
      num_rounds: Passes over the samples.
      batch_size: Validation examples handled at once.

    Returns:
      The best sigma and the last round's grid.

    Raises:
      ValueError: As `log_density`; if the grid has less than two sigmas.

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
    densities = np.asarray(densities_of(samples, valid, sigmas, batch_size))
    scores = densities.mean(axis=1, dtype=np.float64)
    index = int(scores.argmax())
    return Bandwidth(float(sigmas[index]), index, scores, sigmas)
