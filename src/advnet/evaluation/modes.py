"""Is every mode found? For mixtures with known modes, or samples with labels."""

from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

__all__ = ["Modes", "of_labels", "of_mixture"]


class Modes(NamedTuple):
    """What samples say of the modes.

    Attributes:
      counts: Good samples at each mode [k]; `counts > 0` are found.
      quality: Share of good samples, in [0, 1].
      reverse_kl: From the share of samples at each mode to a uniform one, in nats. A
        perfect sampler's is not 0 but about (k - 1) / 2n.
      num: Samples.
    """

    counts: np.ndarray
    quality: float
    reverse_kl: float
    num: int

    @property
    def found(self) -> int:
        """Modes with at least one good sample."""
        return int(np.sum(self.counts > 0))

    @property
    def quality_error(self) -> float:
        """Standard error of the quality."""
        return float(np.sqrt(self.quality * (1 - self.quality) / self.num))

    def __str__(self) -> str:
        """Modes, quality, balance."""
        return (
            f"{self.found} of {len(self.counts)} modes, {100 * self.quality:.2f} ± "
            f"{100 * self.quality_error:.2f} % good, reverse KL "
            f"{self.reverse_kl:.4f} nats (n = {self.num:,})"
        )


def of_mixture(
    samples: ArrayLike, means: ArrayLike, sd: float, *, within: float = 3.0
) -> Modes:
    """Modes of a mixture of equal isotropic Gaussians.

    A sample is good if it lies within some standard deviations of the nearest mean. In
    two dimensions a perfect sampler has 98.889 % good ones within 3.

    Args:
      samples: [n, d].
      means: Of the mixture [k, d].
      sd: Standard deviation of each Gaussian.
      within: Standard deviations that count as near.

    Returns:
      Good samples at each mode; the balance counts all samples at their nearest.

    Raises:
      ValueError: If shapes do not fit, a sample is not finite, or `sd` is not above 0.

    Examples:
      >>> means = np.array([[0.0, 0.0], [4.0, 0.0]])
      >>> print(of_mixture(np.zeros((100, 2)), means, 0.1))
      1 of 2 modes, 100.00 ± 0.00 % good, reverse KL 0.6931 nats (n = 100)

    References:
      Srivastava et al. 2017 (VEEGAN), section 4; Lin et al. 2018 (PacGAN).
    """
    samples, means = np.asarray(samples), np.asarray(means)
    if samples.ndim != 2 or means.ndim != 2 or samples.shape[1:] != means.shape[1:]:
        raise ValueError(
            f"Expected samples [n, d] and means [k, d], got {samples.shape} and "
            f"{means.shape}."
        )
    if not len(samples) or not np.isfinite(samples).all() or not sd > 0:
        raise ValueError(
            f"Expected finite samples, n >= 1, and sd > 0; got n = {len(samples)}, "
            f"sd = {sd}."
        )
    distances = np.linalg.norm(samples[:, None] - means, axis=-1)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) < within * sd
    return Modes(
        counts=np.bincount(nearest[good], minlength=len(means)),
        quality=float(good.mean()),
        reverse_kl=_reverse_kl(np.bincount(nearest, minlength=len(means))),
        num=len(samples),
    )


def of_labels(labels: ArrayLike, num_modes: int) -> Modes:
    """Modes by the label a classifier gives to each sample, as on stacked MNIST.

    Args:
      labels: Integers in [0, num_modes) [n].
      num_modes: How many there are; 1,000 on stacked MNIST.

    Raises:
      ValueError: If a label is out of range, or there is none.

    Examples:
      >>> print(of_labels(np.array([0, 1, 1, 0]), 4))
      2 of 4 modes, 100.00 ± 0.00 % good, reverse KL 0.6931 nats (n = 4)

    References:
      Metz et al. 2017, section 3.3.1.
    """
    labels = np.asarray(labels)
    if (
        labels.ndim != 1
        or not len(labels)
        or np.any((labels < 0) | (labels >= num_modes))
    ):
        raise ValueError(
            f"Expected labels [n] in [0, {num_modes}), n >= 1, got {labels.shape}."
        )
    counts = np.bincount(labels, minlength=num_modes)
    return Modes(counts, 1.0, _reverse_kl(counts), len(labels))


def _reverse_kl(counts: np.ndarray) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(np.sum(share * np.log(share * len(counts))))
