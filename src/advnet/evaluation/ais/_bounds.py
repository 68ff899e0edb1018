"""Likelihoods that chains estimate, and what tells whether to trust them."""

from typing import NamedTuple

import numpy as np

from advnet.evaluation._error import standard_error
from advnet.evaluation.ais._anneal import Estimate


class Annealed(NamedTuple):
    """Log-likelihoods of examples, in nats, with what tells whether to trust them.

    Attributes:
      log_likelihoods: Of each example [m].
      effective_chains: How many of an example's chains its estimate rests on, from 1
        to `num_chains` [m].
      acceptance: The share of moves accepted, of each example [m]; .65 is aimed at.
      num_chains: Chains for each example.
      num_steps: Temperatures.
    """

    log_likelihoods: np.ndarray
    effective_chains: np.ndarray
    acceptance: np.ndarray
    num_chains: int
    num_steps: int

    @property
    def trusted(self) -> bool:
        """Whether estimates rest on 2 chains at least and .3 of moves were accepted."""
        fewest = min(2, self.num_chains / 2)
        return bool(
            self.effective_chains.mean() >= fewest and self.acceptance.mean() >= 0.3
        )

    @property
    def num(self) -> int:
        """How many examples."""
        return len(self.log_likelihoods)

    @property
    def mean(self) -> float:
        """Over examples."""
        return float(self.log_likelihoods.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean, over examples (std / sqrt(m), NaN for one)."""
        return standard_error(self.log_likelihoods)

    def __str__(self) -> str:
        """Mean ± standard error, and how it was got."""
        return (
            f"{self.mean:.1f} ± {self.standard_error:.1f} nats (n = {self.num:,}; "
            f"{self.effective_chains.mean():.1f} effective of {self.num_chains} chains "
            f"of {self.num_steps:,} steps, {self.acceptance.mean():.0%} accepted)"
        )


class Bounds(NamedTuple):
    """Two estimates for the same examples: the truth lies between in expectation.

    Attributes:
      lower: By chains from the prior to the posterior.
      upper: By chains from the posterior, at the true z, back to the prior.
      x: The examples, drawn from the model [m, ...].
    """

    lower: Annealed
    upper: Annealed
    x: np.ndarray

    @property
    def gap(self) -> float:
        """Upper less lower, the mean over examples: no error of either is larger."""
        return self.upper.mean - self.lower.mean

    @property
    def standard_error(self) -> float:
        """Of the gap, over examples."""
        return standard_error(self.upper.log_likelihoods - self.lower.log_likelihoods)

    def __str__(self) -> str:
        """The gap, and either side of it."""
        return (
            f"gap {self.gap:.2f} ± {self.standard_error:.2f} nats\n"
            f"  lower {self.lower}\n  upper {self.upper}"
        )


def read(estimate: Estimate, *, num_chains: int, num_steps: int) -> Annealed:
    """From arrays to numbers, which must be finite."""
    likelihoods, effective, acceptance = (
        np.asarray(value, np.float64) for value in estimate
    )
    bad = ~np.isfinite(likelihoods)
    if bad.any():
        raise ValueError(
            f"Expected finite values of decode, got NaN or infinity in the likelihood "
            f"of {bad.sum()} of {len(bad)} examples. Look at decode(z) for normal z, "
            "and whether sigma is far too small."
        )
    return Annealed(likelihoods, effective, acceptance, num_chains, num_steps)
