r"""Parzen-window density estimation, the paper's measure of a generator.

One isotropic Gaussian on every sample, equal weights:

.. math:: \log p(x) = \log \frac1n \sum_j e^{-\lVert x - s_j \rVert^2 / 2\sigma^2}
          - d \log(\sigma \sqrt{2\pi})

in nats, for data in any unit (the paper's are pixels in [0, 1]). What a score means
depends on the number of samples and the dimension, so show beside it the score of as
many training examples used as samples; above that row it rewards blur.

References:
  Goodfellow et al. 2014, section 5; Theis et al. 2016 for what it does not mean.
"""

import math
import warnings
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _checks

__all__ = [
    "Bandwidth",
    "LogLikelihood",
    "Score",
    "log_density",
    "log_likelihood",
    "score",
    "select_bandwidth",
]

BATCH_SIZE = 500


class LogLikelihood(NamedTuple):
    """A mean log-density over `num` examples, in nats, and its standard error."""

    mean: float
    standard_error: float
    num: int

    def __str__(self) -> str:
        """As the paper prints it: mean ± standard error."""
        return f"{self.mean:.1f} ± {self.standard_error:.1f} nats (n = {self.num})"


class Bandwidth(NamedTuple):
    """The best `sigma` of a grid, its place there, and every score, [len(grid)]."""

    sigma: float
    index: int
    log_likelihoods: np.ndarray

    @property
    def at_edge(self) -> bool:
        """Whether the best is the first or last of the grid."""
        return self.index in (0, len(self.log_likelihoods) - 1)

    def __str__(self) -> str:
        """Sigma and its place, counted from 1."""
        place = f"{self.index + 1} of {len(self.log_likelihoods)}"
        return f"{self.sigma:.3f} ({place})"


class Score(NamedTuple):
    """One row of Table 1: a test log-likelihood, and the sigma it was taken at."""

    log_likelihood: LogLikelihood
    bandwidth: Bandwidth


def log_density(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: ArrayLike,
    *,
    batch_size: int = BATCH_SIZE,
) -> jax.Array:
    """The window's log-density at every test example, in nats.

    Exact, in float32: the data are centred before distances are taken as matrix
    products. Memory beyond the arrays is `batch_size` x n floats.

    Args:
      samples: Centres [n, ...].
      x: Test examples [m, ...], of the same example shape.
      sigma: Standard deviation of each Gaussian, a positive scalar, or several [s]
        that then share one pass over the samples.
      batch_size: Test examples handled at once.

    Returns:
      Log-densities [m], or [s, m] for several sigmas.

    Raises:
      ValueError: If shapes do not fit, an array is empty, a value is not finite, or a
        sigma is not positive.

    Examples:
      >>> log_density(np.zeros((1, 784)), np.zeros((2, 784)), 1.0)
      Array([-720.4478, -720.4478], dtype=float32)
    """
    samples, x = _flat("samples", samples), _flat("x", x)
    sigmas = _positive(sigma)
    if samples.shape[1] != x.shape[1]:
        raise ValueError(
            f"Expected samples and x of one size, got {samples.shape[1]} and "
            f"{x.shape[1]} values per example."
        )
    densities = _log_densities(samples, x, np.atleast_1d(sigmas), batch_size)
    return densities[0] if sigmas.ndim == 0 else densities


def log_likelihood(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: float,
    *,
    batch_size: int = BATCH_SIZE,
) -> LogLikelihood:
    """The mean log-density of test examples and its standard error, as in Table 1.

    Args:
      samples: Centres [n, ...]; the paper draws 10,000.
      x: Test examples [m, ...].
      sigma: Standard deviation of each Gaussian; see `select_bandwidth`.
      batch_size: Test examples handled at once.

    Returns:
      Mean and standard error over examples (std / sqrt(m)), in nats.

    Raises:
      ValueError: As `log_density`.

    Examples:
      >>> print(log_likelihood(np.zeros((1, 784)), np.zeros((2, 784)), 1.0))
      -720.4 ± 0.0 nats (n = 2)
    """
    densities = np.asarray(log_density(samples, x, sigma, batch_size=batch_size))
    densities = densities.astype(np.float64)
    error = densities.std() / math.sqrt(densities.size)
    return LogLikelihood(float(densities.mean()), float(error), densities.size)


def select_bandwidth(
    samples: ArrayLike,
    valid: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Bandwidth:
    """Chooses sigma by the likelihood of validation examples, over a grid.

    Args:
      samples: Centres [n, ...].
      valid: Validation examples [m, ...]; the paper uses 1,000.
      sigmas: The grid [s]; the paper's `np.logspace(-1, 0, 10)` by default.
      batch_size: Validation examples handled at once.

    Returns:
      The best sigma and the score of every one, in nats.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: If the best lies at an edge of the grid, so that a better one may
        lie outside.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 2))
      >>> print(select_bandwidth(x[0], x[1]))
      0.464 (7 of 10)
    """
    sigmas = np.logspace(-1, 0, 10) if sigmas is None else sigmas
    grid = np.atleast_1d(_positive(sigmas))
    densities = log_density(samples, valid, grid, batch_size=batch_size)
    scores = np.asarray(densities).mean(axis=1, dtype=np.float64)
    best = Bandwidth(float(grid[scores.argmax()]), int(scores.argmax()), scores)
    if best.at_edge and len(grid) > 1:
        warnings.warn(
            f"sigma = {best} lies at an edge; a wider grid may score higher.",
            stacklevel=2,
        )
    return best


def score(
    samples: ArrayLike,
    valid: ArrayLike,
    test: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Score:
    """The paper's protocol whole: sigma by validation, then the test likelihood.

    Call it with as many training examples in place of samples for the row that tells
    what the number means.

    Args:
      samples: Centres [n, ...].
      valid: Validation examples, [m, ...].
      test: Test examples, [m, ...].
      sigmas: The grid; see `select_bandwidth`.
      batch_size: Examples handled at once.

    Returns:
      The test log-likelihood in nats and the bandwidth chosen.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: If sigma lies at an edge of the grid.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 500, 2))
      >>> print(score(*x).log_likelihood)
      -2.8 ± 0.0 nats (n = 500)
    """
    bandwidth = select_bandwidth(samples, valid, sigmas, batch_size=batch_size)
    likelihood = log_likelihood(samples, test, bandwidth.sigma, batch_size=batch_size)
    return Score(likelihood, bandwidth)


class _Window(NamedTuple):
    """What every block of tests meets."""

    columns: jax.Array  # samples, transposed once: [d, n]
    norms: jax.Array  # their squared norms, [1, n]
    scales: jax.Array  # 1 / (2 sigma²), [s]


def _log_densities(
    samples: jax.Array, x: jax.Array, sigmas: np.ndarray, batch_size: int
) -> jax.Array:
    """Log-densities [s, m]; every block of tests meets all samples in one product."""
    # Distances do not change under a shift; the rounding of ||x||² does.
    centre = samples.mean(axis=0, keepdims=True)
    samples, x = samples - centre, x - centre
    num_samples, dim = samples.shape
    scales = jnp.asarray(1 / (2 * sigmas**2), jnp.float32)
    window = _Window(samples.T, jnp.sum(samples**2, axis=1)[None], scales)
    # Carried, not closed over: the scan is then compiled once, whatever the data.
    _, densities = jax.lax.scan(_block, window, _blocks(x, batch_size))
    densities = densities.swapaxes(0, 1).reshape(len(sigmas), -1)[:, : len(x)]
    normalisers = dim * np.log(sigmas * math.sqrt(2 * math.pi)) + math.log(num_samples)
    return densities - jnp.asarray(normalisers, jnp.float32)[:, None]


def _block(window: _Window, tests: jax.Array) -> tuple[_Window, jax.Array]:
    """Logs of unnormalised sums over samples, [s, size], for tests [size, d]."""
    # HIGHEST: a GPU's default would round the products to 10 bits.
    products = jnp.matmul(tests, window.columns, precision=jax.lax.Precision.HIGHEST)
    squares = jnp.sum(tests**2, axis=1, keepdims=True) + window.norms - 2 * products
    # One minimum serves every sigma: the largest exponent is then 0.
    nearest = squares.min(axis=1, keepdims=True)
    gaps = nearest - squares
    logs = [
        jnp.log(jnp.sum(jnp.exp(gaps * scale), axis=1))
        - jnp.maximum(nearest[:, 0], 0) * scale
        for scale in window.scales
    ]
    return window, jnp.stack(logs)


def _blocks(x: jax.Array, batch_size: int) -> jax.Array:
    """[m, d] -> [blocks, size, d], the last one padded with zeros."""
    size = min(batch_size, len(x))
    padding = -len(x) % size
    return jnp.pad(x, ((0, padding), (0, 0))).reshape(-1, size, x.shape[1])


def _flat(name: str, x: ArrayLike) -> jax.Array:
    shape = np.shape(x)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"Expected {name} of shape [n, ...] with n > 0, got {shape}. A single "
            "example needs a leading axis: x[None]."
        )
    flat = jnp.asarray(x, jnp.float32).reshape(shape[0], -1)
    if not _checks.is_traced(flat) and not bool(jnp.isfinite(flat).all()):
        raise ValueError(f"Expected finite {name}, got NaN or infinite values.")
    return flat


def _positive(sigma: ArrayLike) -> np.ndarray:
    sigmas = np.asarray(sigma, np.float64)
    if sigmas.ndim > 1 or not (np.isfinite(sigmas) & (sigmas > 0)).all():
        raise ValueError(f"Expected positive sigma, a scalar or [s], got {sigma}.")
    return sigmas
