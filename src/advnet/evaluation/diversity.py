"""Variety of samples: the number of distinct samples, and their similarity."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._examples import require_images
from advnet.evaluation._blocks import scan_blocks
from advnet.evaluation._neighbors import TIE, Points, align, squared_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._similarity import WIDTH, num_scales, similarity
from advnet.evaluation._statistics import standard_error

__all__ = ["Similarity", "Support", "birthday_paradox", "ms_ssim"]


class Support(NamedTuple):
    """Number of distinct samples of a model, estimated from near-duplicates.

    Attributes:
      size: Estimated size of the support; infinite if no pair is alike.
      low: Lower end of the confidence interval.
      high: Upper end of the confidence interval; infinite if no pair is alike.
      repeats: Number of pairs that are alike.
      closer_than: Distance below which a pair is alike, in units of the features.
    """

    size: MetricResult
    low: float
    high: float
    repeats: int
    closer_than: float

    def __str__(self) -> str:
        """Return the interval and the number of pairs it is based on."""
        interval = f"{self.size.value:,.0f} ({self.low:,.0f} to {self.high:,.0f})"
        return (
            "support of about "
            f"{interval if self.repeats else f'{self.low:,.0f} or more'}: "
            f"{self.repeats:,} pairs of {self.size.num_fake:,} samples closer than "
            f"{self.closer_than:.4g} in {self.size.features}"
        )


def birthday_paradox(
    real: ArrayLike | None,
    fake: ArrayLike,
    *,
    closer_than: float | None = None,
    confidence: float = 0.95,
    features: Features | None = None,
) -> Support:
    r"""Estimate the number of distinct samples of a model by the birthday paradox.

    .. math:: \hat N = \binom{n}{2} / \text{(pairs that are alike)}

    This estimates :math:`1 / \sum p^2`, the size of a uniform support with the same
    rate of repeats and a lower bound of the true support. The paper draws batches until
    a pair is alike. This function counts all pairs of n samples, which resolves
    supports up to about n² / 6.

    A pair is alike if its distance is below `closer_than`. The default is the smallest
    distance between two real examples, because these are distinct. Inspect some pairs
    before you rely on the estimate.

    Args:
      real: Distinct examples of the data [r, ...] that give the distance, or None.
      fake: Samples of the model [n, ...], n >= 2.
      closer_than: Distance in units of the features, if `real` is None.
      confidence: Level of the interval, in (0, 1).
      features: Function from examples to features; raw values by default.

    Returns:
      The estimate and its confidence interval. The time is that of n² / 2 distances in
      float64; memory is `500 * n` floats.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, not exactly one of `real`
        and `closer_than` is given, or two real examples are equal.

    Examples:
      >>> draws = np.random.default_rng(0).integers(1000, size=(500, 1))
      >>> print(birthday_paradox(None, draws, closer_than=0.5))
      support of about 1,031 (863 to 1,243): 121 pairs of 500 samples closer than 0.5
      in raw values

    References:
      Arora and Zhang 2018, section 2.
    """
    if (real is None) == (closer_than is None):
        raise ValueError("Expected either real examples or closer_than, not both.")
    if not 0 < confidence < 1:
        raise ValueError(f"Expected confidence in (0, 1), got {confidence}.")
    sides = extract_features(fake if real is None else real, fake, features)
    if closer_than is None:
        (points,) = align(sides.real)
        squares = (block.min() for _, block in _blocks_of_pairs(points))
        closer_than = math.sqrt(min(squares)) * points.unit
    if not 0 < closer_than < math.inf:
        raise ValueError(
            f"Expected closer_than above 0, got {closer_than}. If the distance came "
            "from real examples, two of them are equal: remove duplicates, or pass "
            "closer_than."
        )
    num_alike = _count_alike(sides.fake, closer_than)
    size, error, low, high = _support_size(num_alike, confidence)
    result = sides.result("support size", size, error)
    if real is None:
        result = result._replace(num_real=0)
    return Support(result, low, high, int(num_alike.sum()) // 2, float(closer_than))


def _blocks_of_pairs(points: Points) -> Iterator[tuple[int, np.ndarray]]:
    """Yield squared distances of the rows of a block to all rows from the block on.

    Self-distances and duplicate pairs are set to infinity.
    """
    for rows in points.blocks():
        rest = points.take(slice(rows.start, None))
        block = squared_distances(points.take(rows), rest)
        block[np.tril_indices(len(block), 0, block.shape[1])] = math.inf
        yield rows.start, block


def _count_alike(x: np.ndarray, closer_than: float) -> np.ndarray:
    """Count the examples that each example is alike to, [n]."""
    (points,) = align(x)
    # Distances of grids of values are often equal to closer_than, but for rounding.
    limit = (closer_than / points.unit) ** 2 * (1 - TIE)
    counts = np.zeros(len(x), int)
    for start, block in _blocks_of_pairs(points):
        alike = block < limit
        counts[start : start + len(block)] += alike.sum(axis=1)
        counts[start:] += alike.sum(axis=0)
    return counts


def _support_size(
    num_alike: np.ndarray, confidence: float
) -> tuple[float, float, float, float]:
    """Return the size of the support, its standard error, and its interval."""
    n, repeats = len(num_alike), int(num_alike.sum()) // 2
    num_pairs = n * (n - 1) / 2
    # Pairs that share an example repeat together if some samples are likelier, so the
    # count varies more than a Poisson count.
    chance = repeats / num_pairs
    shared = float(num_alike @ (num_alike - 1)) - n * (n - 1) * (n - 2) * chance**2
    spread = math.sqrt(1 + max(0.0, shared) / repeats) if repeats else 1.0
    z = spread * NormalDist().inv_cdf((1 + confidence) / 2)
    # The approximation of Wilson and Hilferty to the exact limits of a Poisson mean.
    limit = lambda count, z: count * (1 - 1 / (9 * count) + z / (3 * count**0.5)) ** 3
    min_repeats = max(0.0, limit(repeats, -z)) if repeats else 0.0
    max_repeats = min(num_pairs, limit(repeats + 1, z))
    size, high = (
        num_pairs / count if count else math.inf for count in (repeats, min_repeats)
    )
    error = size * spread / math.sqrt(repeats) if repeats else math.nan
    return size, error, num_pairs / max_repeats, high


class Similarity(NamedTuple):
    """Similarity of random pairs of images, from 0 to 1; lower means more variety.

    Attributes:
      real: Mean similarity of pairs of real images; None if there are none.
      fake: Mean similarity of pairs of samples.
    """

    real: MetricResult | None
    fake: MetricResult

    def __str__(self) -> str:
        """Return the value of the samples, then that of the data."""
        parts = [f"{self.fake}"]
        if self.real is not None:
            parts.append(
                f"real images: {self.real.value:.4g} ± {self.real.standard_error:.2g}"
            )
        return "; ".join(parts)


def ms_ssim(
    real: ArrayLike | None,
    fake: ArrayLike,
    *,
    num_pairs: int = 1_000,
    seed: int = 0,
) -> Similarity:
    """Compute the mean multi-scale structural similarity of random pairs of images.

    The value measures variety, not quality: noise scores best. Compare it with the
    value of real images, one class at a time. If the samples score clearly higher, the
    class has collapsed.

    The published metric has five scales and needs images of 176 pixels a side. Smaller
    images use the scales in which a window of 11 pixels fits (28 and 32 pixels: two,
    64: three), with weights that sum to 1. Compare such values only among images of one
    size.

    Args:
      real: Images of the data [r, h, w, c] in [0, 1], r >= 4, or None.
      fake: Samples [n, h, w, c] in [0, 1], n >= 4, at least 11 pixels a side.
      num_pairs: Maximum number of pairs. No image is in two pairs, so there are at most
        n / 2.
      seed: Seed of the pairs.

    Returns:
      Means over pairs and channels. The standard errors are over independent pairs;
      `num_real` and `num_fake` count the images of the pairs.

    Raises:
      ValueError: If images are too few, too small, or not in [0, 1].

    Examples:
      >>> x = np.random.default_rng(0).uniform(size=(100, 28, 28, 1))
      >>> print(ms_ssim(x, x / 9 + 0.5))  # nearly gray, compared with noise
      MS-SSIM (2 scales) of raw values: 0.5906 ± 0.0079 (n = 100); real images: 0.04609
      ± 0.0096

    References:
      Wang et al. 2003; Odena et al. 2017, section 4.2.
    """
    _validation.check_at_least(2, num_pairs=num_pairs)
    value, error, num, scales = _mean_similarity("fake images", fake, num_pairs, seed)
    name = f"MS-SSIM ({scales} scales)"
    of_fake = MetricResult(name, value, error, num_fake=num)
    if real is None:
        return Similarity(None, of_fake)
    value, error, num, scales = _mean_similarity("real images", real, num_pairs, seed)
    name = f"MS-SSIM ({scales} scales)"
    return Similarity(MetricResult(name, value, error, num_real=num), of_fake)


def _mean_similarity(
    name: str, images: ArrayLike, num_pairs: int, seed: int
) -> tuple[float, float, int, int]:
    """Return the mean over pairs, its error, the number of images and of scales."""
    x = require_images(images, name=name, min_examples=4, unit_range=True)
    scales = num_scales(*x.shape[1:3])
    if not scales:
        raise ValueError(
            f"Expected {name} of {WIDTH} or more pixels a side, got {x.shape}."
        )
    num = min(num_pairs, len(x) // 2)
    order = np.random.default_rng(seed).permutation(len(x))[: 2 * num]
    pairs = x[order].reshape(num, 2, *x.shape[1:])
    values = scan_blocks(_similarity_step, None, pairs, size=50)[1].astype(np.float64)
    return float(values.mean()), standard_error(values), 2 * num, scales


def _similarity_step(carry: None, pairs):
    return carry, similarity(pairs[:, 0], pairs[:, 1])
