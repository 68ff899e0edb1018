r"""Distances between the distribution of the data and that of the model, from samples.

Every function takes arrays [n, ...] and [m, ...] and returns a `MetricResult`. Pass
`features=` to compare features instead of raw values. No download is needed.
"""

from collections.abc import Sequence

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._moments import compute_moments
from advnet.evaluation._mmd import median_distance, permutation_test, unbiased_mmd
from advnet.evaluation._neighbors import align, squared_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, Sides, extract_features
from advnet.evaluation._statistics import GROUPS, jackknife

__all__ = ["frechet", "kernel", "mmd", "sliced_wasserstein"]

_MIN_EXAMPLES = 2 * GROUPS
_VALUES_PER_BLOCK = 1 << 14  # of which directions are in memory at a time


def frechet(
    real: ArrayLike, fake: ArrayLike, *, features: Features | None = None
) -> MetricResult:
    r"""Compute the Fréchet distance of two Gaussians fitted to the samples.

    .. math:: \lVert \mu - \mu' \rVert^2
              + \operatorname{tr}(S + S' - 2 (S S')^{1/2})

    The value is in squared units of the features. The plain estimate has a bias of
    order 1/n. A jackknife over ten random groups removes this bias and gives the
    standard error. Where the distributions agree, the value may be negative and the
    standard error is too large.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      features: Function from examples to features; raw values by default. The published
        FID uses Inception features, see `features.inception`.

    Returns:
      The distance without its bias of order 1/n.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(frechet(x[0], x[1] + 1))  # the distance is 4
      Fréchet distance of raw values: 4.068 ± 0.15 (n = 2,000, 2,000)

    References:
      Heusel et al. 2017, eq. 6; Chong and Forsyth 2020 for the bias.
    """
    sides = extract_features(real, fake, features, min_examples=_MIN_EXAMPLES)
    x, y = sides.real.astype(np.float64), sides.fake.astype(np.float64)
    return sides.result("Fréchet distance", *jackknife(_plain_frechet, x, y))


def _plain_frechet(x: np.ndarray, y: np.ndarray) -> float:
    """Compute the usual estimate of the Fréchet distance, with its bias."""
    shift = x.mean(axis=0) - y.mean(axis=0)
    # With S = R^T R, tr (S S')^(1/2) is the nuclear norm of R R'^T. This avoids the
    # square root of a matrix that rounding has made indefinite.
    first, second = _covariance_root(x), _covariance_root(y)
    cross = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    return float(shift @ shift + (first**2).sum() + (second**2).sum() - 2 * cross)


def _covariance_root(x: np.ndarray) -> np.ndarray:
    """Return R with R^T R equal to the covariance of `x`."""
    centered = (x - x.mean(axis=0)) / np.sqrt(len(x) - 1)
    return np.asarray(np.linalg.qr(centered, mode="r"))


def kernel(
    real: ArrayLike, fake: ArrayLike, *, features: Features | None = None
) -> MetricResult:
    r"""Compute the kernel distance: an unbiased MMD² with the kernel (x·y/d + 1)³.

    This is the kernel of KID, on features of any kind. The estimate is unbiased, so it
    may be negative. Memory is `1000 * (n + m)` floats.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      features: Function from examples to features; raw values by default.

    Returns:
      The squared discrepancy.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(kernel(x[0], x[1] + 1))  # the distance is 9.625
      kernel distance of raw values: 9.825 ± 0.38 (n = 2,000, 2,000)

    References:
      Binkowski et al. 2018, section 3.1.
    """
    sides = extract_features(real, fake, features, min_examples=_MIN_EXAMPLES)
    pooled = np.concatenate([sides.real, sides.fake], dtype=np.float64)
    dimension = pooled.shape[1]
    cubic = lambda rows: (pooled[rows] @ pooled.T / dimension + 1) ** 3
    return sides.result(
        "kernel distance", *unbiased_mmd(cubic, len(sides.real), len(sides.fake))
    )


def mmd(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    bandwidths: Sequence[float] | None = None,
    permutations: int = 200,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""Compute the squared maximum mean discrepancy with Gaussian kernels, and a test.

    .. math:: k(x, y) = \operatorname{mean}_l \exp(-\lVert x - y \rVert^2 / 2 l^2)

    The estimate is unbiased. The p-value is exact for any n and any data: it is the
    share of divisions of all examples into two sides that differ at least as much,
    among the actual division and random divisions. Estimates that differ only by their
    rounding are equal.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      bandwidths: Lengths l, in units of the features. The default is half, one and two
        times the median of the distances above 0 among all examples of both sides.
      permutations: Number of random divisions; p is at least 1 / (permutations + 1).
      seed: Seed of the random divisions.
      features: Function from examples to features; raw values by default.

    Returns:
      The squared discrepancy and its p-value.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, a bandwidth is not
        positive, or `permutations` is below 1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 1))
      >>> print(mmd(x[0], x[1] + 1, bandwidths=[1.0]))  # the value is .1773
      MMD² of raw values: 0.1711 ± 0.012 (n = 500, 500), p = 0.00498

    References:
      Gretton et al. 2012, eq. 3 and section 5.
    """
    _validation.check_at_least(1, permutations=permutations)
    sides = extract_features(real, fake, features, min_examples=_MIN_EXAMPLES)
    (points,) = align(np.concatenate([sides.real, sides.fake]))
    if bandwidths is None:
        lengths = median_distance(points) * np.array([0.5, 1.0, 2.0])
    else:
        lengths = np.atleast_1d(np.asarray(bandwidths, np.float64))
        if not (np.isfinite(lengths).all() and (lengths > 0).all() and lengths.size):
            raise ValueError(f"Expected bandwidths above 0, got {lengths.tolist()}.")
        lengths = lengths / points.unit

    def gaussian(rows: slice) -> np.ndarray:
        squares = squared_distances(points.take(rows), points)
        with np.errstate(over="ignore"):  # far beyond a bandwidth the value is 0
            values = [np.exp(-squares / length / length / 2) for length in lengths]
        return np.mean(values, axis=0)

    num_real, num_fake = len(sides.real), len(sides.fake)
    return sides.result(
        "MMD²", *permutation_test(gaussian, num_real, num_fake, permutations, seed)
    )


def sliced_wasserstein(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    directions: int = 500,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""Compute the mean squared Wasserstein-2 distance of 1-D projections.

    .. math:: \mathbb{E}_u \int_0^1 (F^{-1}_{u \cdot x}(t) - F^{-1}_{u \cdot y}(t))^2 dt

    The mean is over directions u of length 1; the value is in squared units of the
    features. A jackknife over examples, with fixed directions, removes the bias of
    order 1/n and gives the standard error.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      directions: Number of random directions.
      seed: Seed of the directions.
      features: Function from examples to features; raw values by default.

    Returns:
      The squared distance without its bias of order 1/n.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or `directions` is below
        1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(sliced_wasserstein(x[0], x[1] + 1))  # 4 / d = 1
      sliced Wasserstein-2² of raw values: 1.038 ± 0.038 (n = 2,000, 2,000)

    References:
      Rabin et al. 2011; Bonneel et al. 2015.
    """
    _validation.check_at_least(1, directions=directions)
    sides = extract_features(real, fake, features, min_examples=_MIN_EXAMPLES)
    x, y = _project(sides, directions, np.random.default_rng(seed))
    return sides.result("sliced Wasserstein-2²", *jackknife(_mean_wasserstein, x, y))


def _project(
    sides: Sides, directions: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides on random directions of length 1, in blocks of values."""
    center = compute_moments(sides.real).mean  # far from 0, projections lose digits
    x, y = (np.zeros((len(side), directions)) for side in (sides.real, sides.fake))
    squares = np.zeros(directions)
    for start in range(0, len(center), _VALUES_PER_BLOCK):
        block = slice(start, start + _VALUES_PER_BLOCK)
        u = rng.normal(size=(len(center[block]), directions))
        squares += (u**2).sum(axis=0)
        x += (sides.real[:, block] - center[block]) @ u
        y += (sides.fake[:, block] - center[block]) @ u
    return x / np.sqrt(squares), y / np.sqrt(squares)


def _mean_wasserstein(x: np.ndarray, y: np.ndarray) -> float:
    """Compute the mean over columns, by quantiles at the midpoints of equal steps."""
    num = max(len(x), len(y))
    # In integers, because a midpoint may lie exactly between two examples.
    ranks = lambda side: (2 * np.arange(num) + 1) * len(side) // (2 * num)
    quantiles = lambda side: np.sort(side, axis=0)[ranks(side)]
    return float(np.mean((quantiles(x) - quantiles(y)) ** 2))
