r"""Distances between the data's distribution and the model's, from samples of both.

Every one takes arrays of any shape [n, ...], and returns a `MetricResult`: the value, its
standard error, how many examples, and which features it was computed on. Raw values
are the default; pass `features=` for others. None needs a download.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._mmd import median_distances, permuted, unbiased
from advnet.evaluation._samples import GROUPS, Features, MetricResult, extract_features

__all__ = [
    "Features",
    "MetricResult",
    "frechet",
    "kernel",
    "mmd",
    "sliced_wasserstein",
]


def frechet(
    real: ArrayLike, fake: ArrayLike, *, features: Features | None = None
) -> MetricResult:
    r"""The Fréchet distance of two Gaussians fitted to the samples.

    .. math:: \lVert \mu - \mu' \rVert^2
              + \operatorname{tr}(S + S' - 2 (S S')^{1/2})

    In squared units of the features. The plain estimate is too large by about c/n; a
    jackknife over ten groups removes that and gives the standard error, so the value
    may fall below 0 where the distributions agree; there the error is too large.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      features: From examples to features; raw values by default. The published FID
        uses Inception features: `features.inception`, with weights of yours.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(frechet(x[0], x[1] + 1))  # the distance is 4
      Fréchet distance of raw values: 4.069 ± 0.15 (n = 2,000, 2,000)

    References:
      Heusel et al. 2017, eq. 6; Chong and Forsyth 2020 for the bias.
    """
    x, y, name = extract_features(real, fake, features, least=2 * GROUPS)
    x, y = x.astype(np.float64), y.astype(np.float64)
    value, error = _jackknife(_frechet, x, y)
    return MetricResult("Fréchet distance", value, error, len(x), len(y), name)


def _frechet(x: np.ndarray, y: np.ndarray) -> float:
    shift = x.mean(axis=0) - y.mean(axis=0)
    # tr (S S')^(1/2) is the nuclear norm of R R'^T, where S = R^T R: no square root
    # of a matrix that rounding has made indefinite.
    first, second = (_root(side) for side in (x, y))
    cross = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    return float(shift @ shift + (first**2).sum() + (second**2).sum() - 2 * cross)


def _root(x: np.ndarray) -> np.ndarray:
    """R with R^T R the covariance."""
    centered = (x - x.mean(axis=0)) / np.sqrt(len(x) - 1)
    return np.asarray(np.linalg.qr(centered, mode="r"))


def _jackknife(statistic, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The statistic without its bias of order 1/n, and its standard error."""
    left_out = [np.arange(len(side)) % GROUPS for side in (x, y)]
    parts = np.array(
        [
            statistic(x[left_out[0] != group], y[left_out[1] != group])
            for group in range(GROUPS)
        ]
    )
    value = GROUPS * statistic(x, y) - (GROUPS - 1) * parts.mean()
    return float(value), float(np.sqrt((GROUPS - 1) * parts.var()))


def kernel(
    real: ArrayLike, fake: ArrayLike, *, features: Features | None = None
) -> MetricResult:
    r"""The kernel distance: an unbiased MMD² with the kernel (x·y/d + 1)³.

    The kernel of KID, on features of your choice; unbiased, so it may fall below 0.
    Memory is bounded by a tenth of the samples squared.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      features: From examples to features; raw values by default.

    Raises:
      ValueError: If shapes do not fit or a value is not finite.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(kernel(x[0], x[1] + 1))  # the distance is 9.625
      kernel distance of raw values: 9.825 ± 0.53 (n = 2,000, 2,000)

    References:
      Binkowski et al. 2018, section 3.1.
    """
    x, y, name = extract_features(real, fake, features, least=2 * GROUPS)
    cube = lambda products, squares: (products / x.shape[1] + 1) ** 3
    value, error = unbiased(cube, x, y)
    return MetricResult("kernel distance", value, error, len(x), len(y), name)


def mmd(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    bandwidths: Sequence[float] | None = None,
    permutations: int = 200,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""Maximum mean discrepancy, squared, with Gaussian kernels, and a test.

    .. math:: k(x, y) = \operatorname{mean}_l \exp(-\lVert x - y \rVert^2 / 2 l^2)

    Unbiased. The p-value is exact for any n: it counts how many random divisions of
    all examples into two sides differ as much.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      bandwidths: The l, in units of the features; by default half, once and twice the
        median distance within the data.
      permutations: Random divisions; p is at least 1 / (permutations + 1).
      seed: Of the divisions.
      features: From examples to features; raw values by default.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, a bandwidth not
        positive, or `permutations` below 1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 500, 1))
      >>> print(mmd(x[0], x[1] + 1, bandwidths=[1.0]))  # the value is .1773
      MMD² of raw values: 0.1711 ± 0.022 (n = 500, 500), p = 0.00498

    References:
      Gretton et al. 2012, eq. 3 and section 5.
    """
    _validation.check_at_least(1, permutations=permutations)
    x, y, name = extract_features(real, fake, features, least=2 * GROUPS)
    center = x.mean(axis=0)  # distances do not change, their rounding does
    x, y = x - center, y - center
    widths = median_distances(x) if bandwidths is None else np.asarray(bandwidths)
    if not (np.isfinite(widths).all() and (widths > 0).all() and widths.size):
        raise ValueError(f"Expected bandwidths above 0, got {widths.tolist()}.")
    scales = 1 / (2 * widths.astype(np.float64) ** 2)

    def gaussian(products: jax.Array, squares: jax.Array) -> jax.Array:
        distances = jnp.maximum(squares - 2 * products, 0)
        bells = [jnp.exp(-distances * np.float32(scale)) for scale in scales]
        return jnp.mean(jnp.stack(bells), axis=0)

    value, error = unbiased(gaussian, x, y)
    chances = permuted(gaussian, x, y, permutations, seed)
    p_value = (1 + np.sum(chances >= value)) / (1 + permutations)
    return MetricResult("MMD²", value, error, len(x), len(y), name, float(p_value))


def sliced_wasserstein(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    directions: int = 500,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""The mean squared Wasserstein-2 distance of one-dimensional projections.

    .. math:: \mathbb{E}_u \int_0^1 (F^{-1}_{u \cdot x}(t) - F^{-1}_{u \cdot y}(t))^2 dt

    In squared units of the features, over directions u of length 1. The standard error
    is a jackknife's over examples, which also removes the bias of order 1/n; directions
    are the same throughout.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      directions: How many, at random.
      seed: Of the directions.
      features: From examples to features; raw values by default.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or `directions` is below
        1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 4))
      >>> print(sliced_wasserstein(x[0], x[1] + 1))  # 4 / d = 1
      sliced Wasserstein-2² of raw values: 1.037 ± 0.039 (n = 2,000, 2,000)

    References:
      Rabin et al. 2011; Bonneel et al. 2015.
    """
    _validation.check_at_least(1, directions=directions)
    x, y, name = extract_features(real, fake, features, least=2 * GROUPS)
    u = np.random.default_rng(seed).normal(size=(x.shape[1], directions))
    u = (u / np.linalg.norm(u, axis=0)).astype(np.float32)
    value, error = _jackknife(_mean_wasserstein, x @ u, y @ u)
    return MetricResult("sliced Wasserstein-2²", value, error, len(x), len(y), name)


def _mean_wasserstein(x: np.ndarray, y: np.ndarray) -> float:
    """Of each column, by quantiles at the middles of equal steps."""
    num = max(len(x), len(y))
    steps = (np.arange(num) + 0.5) / num
    quantiles = lambda side: np.sort(side, axis=0)[(steps * len(side)).astype(int)]
    return float(np.mean((quantiles(x) - quantiles(y)) ** 2, dtype=np.float64))
