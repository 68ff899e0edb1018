"""Coverage of modes: of a known mixture, of labels, of stacked MNIST, or of bins."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._examples import require_floats, require_images
from advnet.evaluation._ndb import Bins, ndb
from advnet.evaluation._neighbors import TIE, nearest_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import proportion_error

__all__ = [
    "Bins",
    "Modes",
    "ndb",
    "of_labels",
    "of_mixture",
    "of_stacked",
    "stack",
]

NUM_DIGITS = 10


class Modes(NamedTuple):
    """Coverage of the modes by samples.

    Attributes:
      counts: Number of good samples at each mode [k].
      quality: Share of good samples, in [0, 1].
      reverse_kl: Divergence from the share of samples at each mode to a uniform
        distribution, in nats. That of a perfect sampler is about (k - 1) / 2n. Its
        standard error is up to 1.4 times too large where the modes are balanced.
    """

    counts: np.ndarray
    quality: MetricResult
    reverse_kl: MetricResult

    @property
    def num_covered(self) -> int:
        """Number of modes with at least one good sample."""
        return int(np.sum(self.counts > 0))

    def __str__(self) -> str:
        """Return the number of covered modes, the quality and the balance."""
        return (
            f"{self.num_covered} of {len(self.counts)} modes covered, "
            f"{100 * self.quality.value:.2f} ± "
            f"{100 * self.quality.standard_error:.2f} % good, reverse KL "
            f"{self.reverse_kl.value:.4f} nats (n = {self.quality.num_fake:,})"
        )


def of_mixture(
    samples: ArrayLike, means: ArrayLike, sd: float, *, within: float = 3.0
) -> Modes:
    """Count the covered modes of a mixture of equal isotropic Gaussians.

    A sample is good if its distance to the nearest mean is below a number of standard
    deviations. In two dimensions, 98.889 % of the samples of a perfect sampler are good
    within 3 standard deviations.

    Args:
      samples: Samples of the model [n, d].
      means: Means of the mixture [k, d].
      sd: Standard deviation of each Gaussian.
      within: Number of standard deviations.

    Returns:
      Good samples at each mode. The reverse KL counts every sample at its nearest
      mode.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or `sd` or `within` is
        not above 0.

    Examples:
      >>> means = np.array([[0.0, 0.0], [4.0, 0.0]])
      >>> print(of_mixture(np.zeros((100, 2)), means, 0.1))
      1 of 2 modes covered, 100.00 ± 0.00 % good, reverse KL 0.6931 nats (n = 100)

    References:
      Srivastava et al. 2017 (VEEGAN), section 4; Lin et al. 2018 (PacGAN).
    """
    shapes = np.shape(samples), np.shape(means)
    if [len(shape) for shape in shapes] != [2, 2] or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            f"Expected samples [n, d] and means [k, d], got {shapes[0]} and "
            f"{shapes[1]}."
        )
    if not (sd > 0 and within > 0):
        raise ValueError(
            f"Expected sd > 0 and within > 0, got sd = {sd} and within = {within}."
        )
    samples = require_floats(samples, name="samples")
    means = require_floats(means, name="means")
    nearest, distances = nearest_distances(means, samples)
    good = distances < within * sd * (1 - TIE)  # not the boundary, if rounded
    return _modes(
        np.bincount(nearest[good], minlength=len(means)),
        np.bincount(nearest, minlength=len(means)),
        float(good.mean()),
    )


def of_labels(labels: ArrayLike, num_modes: int) -> Modes:
    """Count the covered modes, given the label that a classifier gives to each sample.

    Args:
      labels: Integers in [0, num_modes) [n].
      num_modes: Number of modes; 1,000 for stacked MNIST.

    Returns:
      Samples at each mode; all of them are good.

    Raises:
      ValueError: If a label is not an integer or is out of range, or there is none.

    Examples:
      >>> print(of_labels(np.array([0, 1, 1, 0]), 4))
      2 of 4 modes covered, 100.00 ± 0.00 % good, reverse KL 0.6931 nats (n = 4)

    References:
      Metz et al. 2017, section 3.3.1.
    """
    labels = np.asarray(labels)
    valid = (
        np.issubdtype(labels.dtype, np.integer)
        and labels.ndim == 1
        and len(labels) > 0
        and labels.min() >= 0
        and labels.max() < num_modes
    )
    if not valid:
        raise ValueError(
            f"Expected integer labels [n] in [0, {num_modes}), n >= 1, got "
            f"{labels.dtype} {labels.shape}."
        )
    counts = np.bincount(labels, minlength=num_modes)
    return _modes(counts, counts, 1.0)


def stack(x: ArrayLike, num: int, *, seed: int = 0) -> np.ndarray:
    """Build stacked MNIST: three random digits, one in each color channel.

    Args:
      x: Gray images [n, h, w, 1].
      num: Number of stacked images.
      seed: Seed of the choice, with replacement.

    Returns:
      Images [num, h, w, 3] with the values of `x`.

    Raises:
      ValueError: If `x` does not hold gray images, or `num` is below 1.

    Examples:
      >>> stack(np.zeros((10, 28, 28, 1)), 5).shape
      (5, 28, 28, 3)

    References:
      Metz et al. 2017, section 3.3.1.
    """
    _validation.check_at_least(1, num=num)
    x = require_images(x, name="images", channels=(1,), dtype=None)
    indices = np.random.default_rng(seed).integers(len(x), size=(3, num))
    return np.concatenate([x[channel] for channel in indices], axis=-1)


def of_stacked(samples: ArrayLike, predict: Callable[[np.ndarray], ArrayLike]) -> Modes:
    """Count the covered modes of stacked MNIST, the 1,000 combinations of three digits.

    26,000 samples of a perfect sampler cover all modes and have reverse KL
    .0238 ± .0010, because the digits of MNIST are not equally frequent.

    Args:
      samples: Images [n, h, w, 3].
      predict: Function from gray images [m, h, w, 1] to their digits, integers 0 to 9
        [m], such as `features.classifier(x, labels).predict`.

    Returns:
      Counts of 100 a + 10 b + c for the digits a, b, c of the three channels.

    Raises:
      ValueError: If the images do not have three channels or a digit is out of range.

    Examples:
      >>> black = np.zeros((4, 2, 2, 3))
      >>> print(of_stacked(black, lambda x: np.zeros(len(x), int)))
      1 of 1000 modes covered, 100.00 ± 0.00 % good, reverse KL 6.9078 nats (n = 4)

    References:
      Metz et al. 2017, section 3.3.1; Srivastava et al. 2017; Lin et al. 2018.
    """
    samples = require_images(samples, name="samples", channels=(3,), dtype=None)
    digits = np.stack(
        [np.asarray(predict(samples[..., i : i + 1])) for i in range(3)], axis=1
    )
    in_range = np.isin(digits, np.arange(NUM_DIGITS)).all()
    if digits.shape != (len(samples), 3) or not in_range:
        raise ValueError(
            f"Expected predict to return digits 0 to 9 [n], got {digits.shape[:-1]} "
            f"with values from {digits.min()} to {digits.max()}."
        )
    labels = digits.astype(int) @ np.array([100, 10, 1])
    return of_labels(labels, NUM_DIGITS**3)


def _modes(good: np.ndarray, nearest: np.ndarray, quality: float) -> Modes:
    """Return the result for counts of good samples and of all samples, [k] each."""
    num = int(nearest.sum())
    divergence, error = _reverse_kl(nearest)
    return Modes(
        good,
        MetricResult(
            "share of good samples",
            quality,
            proportion_error(quality, num),
            num_fake=num,
        ),
        MetricResult("reverse KL of modes", divergence, error, num_fake=num),
    )


def _reverse_kl(counts: np.ndarray) -> tuple[float, float]:
    """Return KL(shares || uniform) in nats and its standard error (delta method)."""
    num = counts.sum()
    share = counts[counts > 0] / num
    log_ratio = np.log(share * len(counts))
    divergence = float(np.sum(share * log_ratio))
    variance = np.sum(share * (log_ratio - divergence) ** 2)
    return divergence, float(np.sqrt(variance / num))
