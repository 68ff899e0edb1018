"""How much variety the samples have: how many different ones, and how different."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._error import standard_error
from advnet.evaluation._neighbors import BLOCK, over_blocks
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._similarity import num_scales, similarity

__all__ = ["Similarity", "Support", "birthday_paradox", "ms_ssim"]


class Support(NamedTuple):
    """How many different samples a model has, by how often they repeat.

    Attributes:
      size: The estimate; infinite if no two were alike.
      low: Lower end of its confidence interval.
      high: Upper end; infinite if no two were alike.
      repeats: Pairs that were alike.
      num: Samples.
      closer_than: What counts as alike, in units of the features.
      features: What the distance is of.
    """

    size: float
    low: float
    high: float
    repeats: int
    num: int
    closer_than: float
    features: str

    def __str__(self) -> str:
        """The interval, and what it rests on."""
        size = f"{self.size:,.0f} ({self.low:,.0f} to {self.high:,.0f})"
        return (
            f"support of about {size if self.repeats else f'{self.low:,.0f} or more'}: "
            f"{self.repeats:,} pairs of {self.num:,} samples closer than "
            f"{self.closer_than:.4g} in {self.features}"
        )


def birthday_paradox(
    samples: ArrayLike,
    real: ArrayLike | None = None,
    *,
    closer_than: float | None = None,
    confidence: float = 0.95,
    features: Features | None = None,
) -> Support:
    r"""Estimates how many different samples a model has, by the birthday paradox.

    .. math:: \hat N = \binom{n}{2} / \text{(pairs that are alike)}

    This is :math:`1 / \sum p^2`, the size of a uniform support that would repeat as
    often; the support is at least that. The paper draws batches until a pair is alike;
    all pairs of n samples tell more, up to supports of some n² / 6. A pair is alike if
    it is closer than a distance: the one given, or that of the closest two real
    examples, which are different by nature. Look at some of the pairs before you
    believe it.

    Args:
      samples: Samples [n, ...], n >= 2.
      real: Examples of the data [r, ...], no two alike, to find the distance from.
      closer_than: The distance, in units of the features, instead.
      confidence: Of the interval, in (0, 1).
      features: From examples to features; raw values by default.

    Returns:
      The estimate and its interval. Time is that of n² / 2 distances in float64,
      memory `500 * n` floats.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, not exactly one of `real`
        and `closer_than` is given, or two real examples are equal.

    Examples:
      >>> draws = np.random.default_rng(0).integers(1000, size=(500, 1))
      >>> print(birthday_paradox(draws, closer_than=0.5))
      support of about 1,031 (863 to 1,243): 121 pairs of 500 samples closer than 0.5
      in raw values

    References:
      Arora and Zhang 2018, section 2.
    """
    if (real is None) == (closer_than is None):
        raise ValueError("Expected either real examples or closer_than, not both.")
    if not 0 < confidence < 1:
        raise ValueError(f"Expected confidence in (0, 1), got {confidence}.")
    x, y, name = extract_features(samples if real is None else real, samples, features)
    if closer_than is None:
        closer_than = math.sqrt(min(part.min() for _, part in _pairs(x)))
    if not 0 < closer_than < math.inf:
        raise ValueError(
            f"Expected closer_than above 0, got {closer_than}. If it came from real "
            "examples, two of them are equal: pass only one of each, or closer_than."
        )
    alike = _alike(y, closer_than)
    return _support(alike, confidence, float(closer_than), name)


def _pairs(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Squared distances of each block's rows to themselves and all after, float64.

    An example's to itself, and each pair's second mention, are infinite.
    """
    # In float64: float32 products cannot tell a copy from a near one.
    x = x.astype(np.float64)
    x = x - x.mean(axis=0)
    squares = (x**2).sum(axis=1)
    for at in range(0, len(x), BLOCK):
        block, rest = slice(at, at + BLOCK), slice(at, None)
        part = squares[block, None] + squares[None, rest] - 2 * x[block] @ x[rest].T
        np.maximum(part, 0, out=part)
        part[np.tril_indices(len(part), 0, part.shape[1])] = math.inf
        yield at, part


def _alike(x: np.ndarray, closer_than: float) -> np.ndarray:
    """How many others each example is alike to, [n]."""
    counts = np.zeros(len(x), int)
    for at, part in _pairs(x):
        alike = part < closer_than**2
        counts[at : at + len(part)] += alike.sum(axis=1)
        counts[at:] += alike.sum(axis=0)
    return counts


def _support(
    alike: np.ndarray, confidence: float, closer_than: float, name: str
) -> Support:
    n, repeats = len(alike), int(alike.sum()) // 2
    num_pairs = n * (n - 1) / 2
    # Pairs that share an example repeat together where some samples are likelier: by
    # so much the count varies more than Poisson's would.
    chance = repeats / num_pairs
    shared = float(alike @ (alike - 1)) - n * (n - 1) * (n - 2) * chance**2
    spread = math.sqrt(1 + max(0.0, shared) / repeats) if repeats else 1.0
    z = spread * NormalDist().inv_cdf((1 + confidence) / 2)
    # Wilson and Hilferty's approximation to the exact limits of a Poisson mean.
    limit = lambda count, z: count * (1 - 1 / (9 * count) + z / (3 * count**0.5)) ** 3
    fewest = max(0.0, limit(repeats, -z)) if repeats else 0.0
    most = min(num_pairs, limit(repeats + 1, z))
    size, high = (
        num_pairs / count if count else math.inf for count in (repeats, fewest)
    )
    return Support(size, num_pairs / most, high, repeats, n, closer_than, name)


class Similarity(NamedTuple):
    """How alike two random images are, from 0 to 1: the lower, the more variety.

    Attributes:
      value: Mean MS-SSIM over pairs of samples.
      standard_error: Of the mean, over independent pairs.
      real: The same of the data, where they were given.
      real_error: Its standard error.
      num_pairs: Pairs of samples.
      num_scales: Scales that the image has room for; 5 is the published metric.
    """

    value: float
    standard_error: float
    real: float | None
    real_error: float | None
    num_pairs: int
    num_scales: int

    def __str__(self) -> str:
        """The samples' value, and the data's beside."""
        beside = ""
        if self.real is not None:
            beside = f", of real images {self.real:.4f} ± {self.real_error:.4f}"
        return (
            f"MS-SSIM ({self.num_scales} scales): {self.value:.4f} ± "
            f"{self.standard_error:.4f}{beside} ({self.num_pairs:,} pairs)"
        )


def ms_ssim(
    samples: ArrayLike,
    real: ArrayLike | None = None,
    *,
    num_pairs: int = 1_000,
    seed: int = 0,
) -> Similarity:
    """Mean multi-scale structural similarity of random pairs of images.

    Variety, not quality: noise scores best. So read it beside the data's value, for
    one class at a time; clearly above it, the class has collapsed. The published
    metric has five scales, for which images need 176 pixels a side; smaller ones get
    the scales in which a window of 11 pixels fits (28 and 32 pixels: two, 64: three),
    with their weights made to sum to 1, and such values compare among images of one
    size alone.

    Args:
      samples: Images [n, h, w, c] in [0, 1], n >= 4, at least 11 pixels a side.
      real: Images of the data [r, h, w, c] in [0, 1], r >= 4.
      num_pairs: At most; no image is in two pairs, so there are at most n / 2.
      seed: Of the pairs.

    Returns:
      The mean over pairs (and channels), of samples and, if given, of the data.

    Raises:
      ValueError: If images are too few, too small, or not in [0, 1].

    Examples:
      >>> x = np.random.default_rng(0).uniform(size=(100, 28, 28, 1))
      >>> print(ms_ssim(x / 9 + 0.5, x))  # nearly gray, beside noise
      MS-SSIM (2 scales): 0.5906 ± 0.0079, of real images 0.0461 ± 0.0096 (50 pairs)

    References:
      Wang et al. 2003; Odena et al. 2017, section 4.2.
    """
    _validation.check_at_least(2, num_pairs=num_pairs)
    value, error, num = _mean_similarity("samples", samples, num_pairs, seed)
    scales = num_scales(*np.shape(samples)[1:3])
    if real is None:
        return Similarity(value, error, None, None, num, scales)
    beside, beside_error, _ = _mean_similarity("real", real, num_pairs, seed)
    return Similarity(value, error, beside, beside_error, num, scales)


def _mean_similarity(
    name: str, images: ArrayLike, num_pairs: int, seed: int
) -> tuple[float, float, int]:
    x = np.asarray(images, np.float32)
    if x.ndim != 4 or len(x) < 4 or not num_scales(*x.shape[1:3]) or not x.shape[-1]:
        raise ValueError(
            f"Expected {name} [n, h, w, c], n >= 4, of 11 or more pixels a side, got "
            f"{x.shape}."
        )
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            f"Expected {name} in [0, 1], got {x.min()} to {x.max()}. Rescale them: "
            "pixels / 255, or (x + 1) / 2 for a generator's tanh."
        )
    num = min(num_pairs, len(x) // 2)
    order = np.random.default_rng(seed).permutation(len(x))[: 2 * num]
    pairs = x[order].reshape(num, 2, *x.shape[1:])
    values = over_blocks(_compared, None, pairs, size=50)[1].astype(np.float64)
    return float(values.mean()), standard_error(values), num


def _compared(carry: None, pairs):
    return carry, similarity(pairs[:, 0], pairs[:, 1])
