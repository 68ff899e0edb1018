"""Number of statistically different bins (NDB) of data and samples."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._k_means import k_means
from advnet.evaluation._neighbors import nearest_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._statistics import hypergeometric, proportion_error


class Bins(NamedTuple):
    """Shares of training examples and samples in the same bins.

    Attributes:
      share: Share of the bins that differ significantly, NDB / k. Its standard error
        treats the bins as independent.
      divergence: Jensen-Shannon divergence of the two distributions over bins, in nats;
        at most log 2.
      expected: Expected share of different bins if both sides have one distribution.
      real: Number of training examples in each bin [k], from the half that was not used
        to fit the bins.
      fake: Number of samples in each bin [k].
      different: Whether the two shares of a bin differ significantly [k].
    """

    share: MetricResult
    divergence: MetricResult
    expected: float
    real: np.ndarray
    fake: np.ndarray
    different: np.ndarray

    def __str__(self) -> str:
        """Return the number of different bins, the expected share, the divergence."""
        return (
            f"{self.different.sum()} of {len(self.real)} bins of {self.share.features} "
            f"differ (expected by chance: {100 * self.expected:.1f} %), JSD "
            f"{self.divergence.value:.4f} nats (n = {self.real.sum():,}, "
            f"{self.fake.sum():,})"
        )


def ndb(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    k: int = 100,
    significance: float = 0.05,
    num_steps: int = 30,
    seed: int = 0,
    features: Features | None = None,
) -> Bins:
    """Count the bins where the share of samples differs from that of the data (NDB).

    The bins are the cells of k-means on a random half of the training set. In each bin,
    a two-proportion z-test compares the shares of the second half and of the samples.
    Missing modes leave bins too empty, and mode collapse fills some bins too much.

    The paper counts the examples that the bins were fitted to. In high dimensions these
    examples lie nearer to the centers than new examples, so that half of the bins
    differ even for perfect samples. With the division into halves, the expected share
    of bins differs.

    Args:
      real: Training examples [n, ...], n >= 2 k.
      fake: Samples of the model [m, ...].
      k: Number of bins; some hundred examples per bin are recommended.
      significance: Level of each two-sided test.
      num_steps: Maximum number of steps of Lloyd's algorithm.
      seed: Seed of the halves and of the initial centers.
      features: Function from examples to features; raw values by default.

    Returns:
      The share of different bins, the divergence and the counts.

    Raises:
      ValueError: If shapes do not fit, a value is not finite or a setting is out of
        range.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 1000, 2))
      >>> bins = ndb(x[0], abs(x[1]), k=10)  # one quadrant of four
      >>> bins.share.value > 0.6, round(bins.expected, 2)
      (True, 0.05)

    References:
      Richardson and Weiss 2018, section 3.
    """
    _validation.check_at_least(1, k=k)
    if not 0 < significance < 1:
        raise ValueError(f"Expected significance in (0, 1), got {significance}.")
    sides = extract_features(real, fake, features, min_examples=1)
    if len(sides.real) < 2 * k:
        raise ValueError(
            f"Expected n >= 2 k = {2 * k} training examples, got {len(sides.real)}."
        )
    shuffled = np.random.default_rng(seed).permutation(sides.real)
    fit_half, test_half = np.array_split(shuffled, 2)
    centers = k_means(fit_half, k, num_steps=num_steps, seed=seed)
    real_counts, fake_counts = (
        np.bincount(nearest_distances(centers, x)[0], minlength=k)
        for x in (test_half, sides.fake)
    )
    n, m = len(test_half), len(sides.fake)
    threshold = NormalDist().inv_cdf(1 - significance / 2)
    different = abs(_z_scores(real_counts, fake_counts, n, m)) > threshold
    share = float(different.mean())
    divergence = _jensen_shannon(real_counts / n, fake_counts / m)
    sides = sides._replace(real=test_half)  # the examples that the results count
    return Bins(
        sides.result("different bins", share, proportion_error(share, k)),
        sides.result("Jensen-Shannon divergence of bins", divergence, float("nan")),
        _expected_share(real_counts + fake_counts, n, m, threshold),
        real_counts,
        fake_counts,
        different,
    )


def _z_scores(first: np.ndarray, second: np.ndarray, n: int, m: int) -> np.ndarray:
    """Return scores of the two-proportion z-test; 0 if a bin holds all or nothing."""
    pooled = (first + second) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return (first / n - second / m) / np.where(error > 0, error, np.inf)


def _expected_share(totals: np.ndarray, n: int, m: int, threshold: float) -> float:
    """Return the mean rejection probability if each total is divided at random."""
    probabilities = []
    for total in totals:
        first, probability = hypergeometric(total, n, m)
        rejected = abs(_z_scores(first, total - first, n, m)) > threshold
        probabilities.append(probability[rejected].sum())
    return float(np.mean(probabilities))


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Compute the Jensen-Shannon divergence in nats."""
    mixture = (p + q) / 2
    relative_entropy = lambda side: (
        side[side > 0] @ np.log(side[side > 0] / mixture[side > 0])
    )
    return max(0.0, float(relative_entropy(p) + relative_entropy(q)) / 2)
