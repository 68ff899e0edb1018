"""Scores of samples beside those of training examples and cluster centers."""

import math
import warnings
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._k_means import k_means
from advnet.evaluation._result import MetricResult
from advnet.evaluation.parzen._bandwidth import Bandwidth, select_bandwidth
from advnet.evaluation.parzen._density import effective_samples
from advnet.evaluation.parzen._likelihood import log_likelihood
from advnet.evaluation.parzen._window import BATCH_SIZE

# With fewer contributing samples, the density is that of the nearest sample.
_MIN_EFFECTIVE_SAMPLES = 2.0


class Score(NamedTuple):
    """A test log-likelihood in nats and the sigma it was computed with."""

    log_likelihood: MetricResult
    bandwidth: Bandwidth

    def __str__(self) -> str:
        """Return the mean and its standard error as the paper does, then sigma."""
        result = self.log_likelihood
        return (
            f"{result.value:.1f} ± {result.standard_error:.1f} nats "
            f"(n = {result.num_real:,}), sigma {self.bandwidth}"
        )


class Table(NamedTuple):
    """Scores of the samples and of the references to compare them with.

    Attributes:
      rows: Scores named "samples", "true data" (as many training examples as samples)
        and, with enough training examples, "k-means" (as many cluster centers).
      notes: Facts that a reader of the scores needs, one sentence each.
    """

    rows: dict[str, Score]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        """Return one line per row, then the notes."""
        lines = [f"{name}: {score}" for name, score in self.rows.items()]
        return "\n".join([*lines, *self.notes])


def score(
    samples: ArrayLike,
    valid: ArrayLike,
    test: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Score:
    """Select sigma on validation examples, then compute the test log-likelihood.

    This is the protocol of the paper. `table` adds the rows that explain the number.

    Args:
      samples: Centers of the window [n, ...].
      valid: Validation examples [m, ...].
      test: Test examples [m, ...].
      sigmas: Grid of sigmas; see `select_bandwidth`.
      batch_size: Number of examples in one block of the computation.

    Returns:
      The test log-likelihood in nats and the selected bandwidth.

    Raises:
      ValueError: For the inputs that `log_density` refuses.

    Warns:
      UserWarning: If sigma lies at an edge of the grid, and if float32 is not accurate
        enough (see `log_density`).

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 500, 2))
      >>> print(score(*x))
      -2.8 ± 0.0 nats (n = 500), sigma 0.464 (7 of 10)

    References:
      Goodfellow et al. 2014, section 5.
    """
    bandwidth = select_bandwidth(samples, valid, sigmas, batch_size=batch_size)
    result = log_likelihood(samples, test, bandwidth.sigma, batch_size=batch_size)
    return Score(result, bandwidth)


def table(
    samples: ArrayLike,
    train: ArrayLike,
    valid: ArrayLike,
    test: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
) -> Table:
    """Score samples beside training examples and the cluster centers of these.

    The cluster centers of k-means are blurred examples. They are not a better model
    than the data, but the window scores them higher.

    Args:
      samples: Centers of the window [n, ...].
      train: Training examples [t, ...]; min(n, t) of them form the true-data row.
      valid: Validation examples [m, ...].
      test: Test examples [m, ...].
      sigmas: Grid of sigmas; see `select_bandwidth`.
      seed: Seed of the choice of training examples and of k-means.
      batch_size: Number of examples in one block of the computation.

    Returns:
      The rows, and notes where a sigma lies at an edge of the grid, where the samples
      are too few for the dimension, and where they score above the data.

    Raises:
      ValueError: For the inputs that `log_density` refuses.

    Warns:
      UserWarning: If float32 is not accurate enough (see `log_density`).

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(4, 500, 2))
      >>> print(table(*x))
      samples: -2.9 ± 0.0 nats (n = 500), sigma 0.359 (6 of 10)
      true data: -2.9 ± 0.0 nats (n = 500), sigma 0.359 (6 of 10)

    References:
      Theis et al. 2016, section 3.3.
    """
    samples = np.asarray(samples)
    sides = {"samples": samples, **_references(len(samples), train, seed)}
    with warnings.catch_warnings():
        # A note beside the number replaces the warning.
        warnings.filterwarnings("ignore", message="sigma = .* lies at an edge")
        rows = {
            name: score(centers, valid, test, sigmas, batch_size=batch_size)
            for name, centers in sides.items()
        }
    sigma = rows["samples"].bandwidth.sigma
    return Table(rows, (*_notes(rows), *_sample_size_notes(samples, test, sigma)))


def _references(num: int, train: ArrayLike, seed: int) -> dict[str, np.ndarray]:
    """Return `num` training examples and, if there are enough, as many centers."""
    train = np.asarray(train)
    rng = np.random.default_rng(seed)
    references = {"true data": train[rng.permutation(len(train))[:num]]}
    if 2 * num <= len(train):  # smaller clusters hold one or two examples each
        centers = k_means(train.reshape(len(train), -1), num, seed=seed)
        references["k-means"] = centers.reshape(-1, *train.shape[1:])
    return references


def _notes(rows: dict[str, Score]) -> list[str]:
    """Return notes on sigmas at an edge and on samples that score above the data."""
    notes = [
        f"Sigma of {name} lies at an edge of its grid; a wider grid may score higher."
        for name, (_, bandwidth) in rows.items()
        if bandwidth.at_edge
    ]
    samples, data = (rows[name].log_likelihood for name in ("samples", "true data"))
    error = math.hypot(samples.standard_error, data.standard_error)
    if samples.value > data.value + error:
        notes.append("The samples score above the data: the window rewards blur.")
    return notes


def _sample_size_notes(samples: np.ndarray, test: ArrayLike, sigma: float) -> list[str]:
    """Return a note if a typical test example has too few samples near it."""
    count = effective_samples(samples, test, sigma)
    if count >= _MIN_EFFECTIVE_SAMPLES:
        return []
    return [
        f"Only {count:.1f} of {len(samples):,} samples contribute to the density of a "
        f"test example: too few in {samples[0].size} dimensions. The score is that of "
        "the nearest sample."
    ]
