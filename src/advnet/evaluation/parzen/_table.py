import math
import warnings
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._k_means import k_means
from advnet.evaluation.parzen._bandwidth import Bandwidth, select_bandwidth
from advnet.evaluation.parzen._density import effective_samples
from advnet.evaluation.parzen._likelihood import LogLikelihood, log_likelihood
from advnet.evaluation.parzen._window import BATCH_SIZE

# A mean of fewer centers than this at a test example is no mean.
_FEW = 2.0


class Score(NamedTuple):
    """One row of Table 1: a test log-likelihood, and the sigma it was taken at."""

    log_likelihood: LogLikelihood
    bandwidth: Bandwidth


class Table(NamedTuple):
    """Scores of the samples and of what they are to be read beside.

    Attributes:
      rows: "samples", "true data" (as many training examples as centers) and, where
        there are examples enough, "k-means" (as many cluster centers of them).
      notes: What a reader of the scores should know, a sentence each.
    """

    rows: dict[str, Score]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        """A line a row, then the notes."""
        lines = [
            f"{name}: {likelihood}, sigma {bandwidth}"
            for name, (likelihood, bandwidth) in self.rows.items()
        ]
        return "\n".join([*lines, *self.notes])


def score(
    samples: ArrayLike,
    valid: ArrayLike,
    test: ArrayLike,
    sigmas: ArrayLike | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Score:
    """The paper's protocol whole: sigma by validation, then the test likelihood.

    See `table` for the rows that tell what the number means.

    Args:
      samples: Centers [n, ...].
      valid: Validation examples, [m, ...].
      test: Test examples, [m, ...].
      sigmas: The grid; see `select_bandwidth`.
      batch_size: Examples handled at once.

    Returns:
      The test log-likelihood in nats and the bandwidth chosen.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: If sigma lies at an edge of the grid; and as `log_density`.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 500, 2))
      >>> print(score(*x).log_likelihood)
      -2.8 ± 0.0 nats (n = 500)
    """
    bandwidth = select_bandwidth(samples, valid, sigmas, batch_size=batch_size)
    likelihood = log_likelihood(samples, test, bandwidth.sigma, batch_size=batch_size)
    return Score(likelihood, bandwidth)


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
    """Scores samples beside the training data themselves and their cluster centers.

    Centers of k-means are blurred examples; no one would call them a better model than
    the data, and the window does (Theis et al. 2016, section 3.3).

    Args:
      samples: Centers [n, ...].
      train: Training examples [t, ...]; n of them, or all, make the true-data row.
      valid: Validation examples [m, ...].
      test: Test examples [m, ...].
      sigmas: The grid; see `select_bandwidth`.
      seed: Of the examples taken and of k-means.
      batch_size: Examples handled at once.

    Returns:
      The rows, and notes: a sigma at an edge, too few samples for the dimension, a
      score above that of the data.

    Raises:
      ValueError: As `log_density`.

    Warns:
      UserWarning: As `log_density`.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(4, 500, 2))
      >>> print(table(*x))
      samples: -2.9 ± 0.0 nats (n = 500), sigma 0.359 (6 of 10)
      true data: -2.9 ± 0.0 nats (n = 500), sigma 0.359 (6 of 10)
    """
    samples = np.asarray(samples)
    sides = {"samples": samples, **_rivals(len(samples), train, seed)}
    with warnings.catch_warnings():
        # A note says it, beside the number it is about.
        warnings.filterwarnings("ignore", message="sigma = .* lies at an edge")
        rows = {
            name: score(centers, valid, test, sigmas, batch_size=batch_size)
            for name, centers in sides.items()
        }
    sigma = rows["samples"].bandwidth.sigma
    return Table(rows, (*_notes(rows), *_too_few(samples, test, sigma)))


def _rivals(num: int, train: ArrayLike, seed: int) -> dict[str, np.ndarray]:
    train = np.asarray(train)
    rng = np.random.default_rng(seed)
    some = train[rng.permutation(len(train))[:num]]
    if 2 * num > len(train):  # hardly clusters: the examples themselves
        return {"true data": some}
    centers = k_means(train.reshape(len(train), -1), num, seed=seed)
    return {"true data": some, "k-means": centers.reshape(-1, *train.shape[1:])}


def _notes(rows: dict[str, Score]) -> list[str]:
    notes = [
        f"Sigma of {name} lies at an edge of its grid; a wider grid may score higher."
        for name, (_, bandwidth) in rows.items()
        if bandwidth.at_edge
    ]
    ours, data = (rows[name].log_likelihood for name in ("samples", "true data"))
    if ours.mean > data.mean + math.hypot(ours.standard_error, data.standard_error):
        notes.append("The samples score above the data: the window rewards blur.")
    return notes


def _too_few(samples: np.ndarray, test: ArrayLike, sigma: float) -> list[str]:
    count = effective_samples(samples, test, sigma)
    if count >= _FEW:
        return []
    dim = samples[0].size
    return [
        f"Of {len(samples):,} samples {count:.1f} account for a test example: too few "
        f"in {dim} dimensions for a density; the score is of the nearest sample."
    ]
