"""Bins of the data that samples fill too much or too little."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._hypergeometric import divided
from advnet.evaluation._k_means import k_means
from advnet.evaluation._neighbors import nearest
from advnet.evaluation._samples import Features, extract_features


class Bins(NamedTuple):
    """How training examples and samples fall into the same bins.

    Attributes:
      train: Training examples in each bin [k], of the half that was not fitted.
      samples: Samples in each bin [k].
      different: Whether the two shares differ significantly [k].
      expected: The share of bins that would if both were of one distribution.
      divergence: Jensen-Shannon divergence of the two shares, in nats: at most log 2.
      features: What the bins are made in.
    """

    train: np.ndarray
    samples: np.ndarray
    different: np.ndarray
    expected: float
    divergence: float
    features: str

    @property
    def share(self) -> float:
        """Of bins that differ, in [0, 1]: NDB / k."""
        return float(self.different.mean())

    def __str__(self) -> str:
        """Bins, what to expect, divergence."""
        return (
            f"{self.different.sum()} of {len(self.train)} bins of {self.features} "
            f"differ ({100 * self.expected:.1f} % would by chance), JSD "
            f"{self.divergence:.4f} nats (n = {self.train.sum():,}, "
            f"{self.samples.sum():,})"
        )


def ndb(
    train: ArrayLike,
    samples: ArrayLike,
    *,
    k: int = 100,
    significance: float = 0.05,
    num_steps: int = 30,
    seed: int = 0,
    features: Features | None = None,
) -> Bins:
    """Counts the bins where the model's share differs from the data's (NDB).

    The bins are the cells of k-means on one half of the training set, at random; in
    each the shares of the other half and of the samples meet in a two-proportion
    z-test. Missing modes leave bins too empty, collapse fills some too much. (The paper
    counts the very examples the bins were fitted to. In high dimensions these lie
    nearer to the centers than any others can, and honest samples differ in half of the
    bins; so divided, they differ in the expected share.)

    Args:
      train: Training examples [n, ...], n >= 2 k.
      samples: Samples [m, ...].
      k: How many bins; some hundred examples to each are wanted.
      significance: Level of each test, two-sided.
      num_steps: At most, of Lloyd's algorithm.
      seed: Of the halves and the start.
      features: From examples to features; raw values by default.

    Returns:
      Counts, tests and the divergence.

    Raises:
      ValueError: If shapes do not fit, a value is not finite or a setting out of range.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 1000, 2))
      >>> got = ndb(x[0], abs(x[1]), k=10)  # one quadrant of four
      >>> got.share > 0.6, round(got.expected, 2)
      (True, 0.05)

    References:
      Richardson and Weiss 2018, section 3.
    """
    _validation.check_at_least(1, k=k)
    if not 0 < significance < 1:
        raise ValueError(f"Expected significance in (0, 1), got {significance}.")
    x, y, name = extract_features(train, samples, features, least=1)
    if len(x) < 2 * k:
        raise ValueError(
            f"Expected n >= 2 k = {2 * k} training examples, got {len(x)}."
        )
    fitted, x = np.array_split(np.random.default_rng(seed).permutation(x), 2)
    centers = k_means(fitted, k, num_steps=num_steps, seed=seed)
    middle = centers.mean(axis=0)
    of_train, of_samples = (
        np.bincount(nearest(centers - middle, side - middle), minlength=k)
        for side in (x, y)
    )
    sizes = len(x), len(y)
    limit = NormalDist().inv_cdf(1 - significance / 2)
    return Bins(
        of_train,
        of_samples,
        different=abs(_scores(of_train, of_samples, sizes)) > limit,
        expected=_expected(of_train + of_samples, sizes, limit),
        divergence=_divergence(of_train / len(x), of_samples / len(y)),
        features=name,
    )


def _scores(first: np.ndarray, second: np.ndarray, sizes) -> np.ndarray:
    """Of the two-proportion z-test, 0 where nothing can differ."""
    n, m = sizes
    pooled = (first + second) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return (first / n - second / m) / np.where(error > 0, error, np.inf)


def _expected(totals: np.ndarray, sizes, limit: float) -> float:
    """Mean chance of a rejection, each total divided at random between the sides."""
    rejections = []
    for total in totals:
        first, chances = divided(total, *sizes)
        rejected = abs(_scores(first, total - first, sizes)) > limit
        rejections.append(chances[rejected].sum())
    return float(np.mean(rejections))


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    of = lambda side: side[side > 0] @ np.log(side[side > 0] / middle[side > 0])
    return max(0.0, float(of(p) + of(q)) / 2)
