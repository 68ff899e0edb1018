"""Results of annealed importance sampling."""

from typing import NamedTuple

import numpy as np

from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import standard_error
from advnet.evaluation.ais._anneal import Outcome

MIN_ACCEPTANCE = 0.3
"""Smallest mean acceptance of reliable estimates."""


class Estimate(NamedTuple):
    """Log-likelihoods of examples in nats, with diagnostics of the chains.

    Attributes:
      log_likelihoods: Estimate for each example [m].
      effective_chains: Effective number of chains of each example, from 1 to
        `num_chains`, [m]; 1 if a single chain has all the weight.
      acceptance: Share of accepted moves for each example [m]; the target is 0.65.
      num_chains: Number of chains for each example.
      num_steps: Number of temperatures.
    """

    log_likelihoods: np.ndarray
    effective_chains: np.ndarray
    acceptance: np.ndarray
    num_chains: int
    num_steps: int

    @property
    def log_likelihood(self) -> MetricResult:
        """Mean over examples in nats, with its standard error (std / sqrt(m))."""
        return MetricResult(
            "AIS log-likelihood",
            float(self.log_likelihoods.mean()),
            standard_error(self.log_likelihoods),
            num_real=len(self.log_likelihoods),
        )

    @property
    def reliable(self) -> bool:
        """True if 2 chains or more are effective and 0.3 of the moves accepted."""
        min_chains = min(2, self.num_chains / 2)
        return bool(
            self.effective_chains.mean() >= min_chains
            and self.acceptance.mean() >= MIN_ACCEPTANCE
        )

    def __str__(self) -> str:
        """Return the mean ± standard error and the diagnostics on one line."""
        result = self.log_likelihood
        return (
            f"{result.value:.1f} ± {result.standard_error:.1f} nats "
            f"(n = {result.num_real:,}; {self.effective_chains.mean():.1f} effective "
            f"of {self.num_chains} chains of {self.num_steps:,} steps, "
            f"{self.acceptance.mean():.0%} accepted)"
        )


class Bounds(NamedTuple):
    """Two estimates for the same examples; they enclose the truth in expectation.

    Attributes:
      lower: Estimate by chains from the prior to the posterior.
      upper: Estimate by chains from the posterior, at the true z, to the prior.
      x: Examples drawn from the model [m, ...].
    """

    lower: Estimate
    upper: Estimate
    x: np.ndarray

    @property
    def gap(self) -> MetricResult:
        """Upper minus lower estimate in nats, mean over examples.

        The gap is at least the error of each estimate, in expectation.
        """
        gaps = self.upper.log_likelihoods - self.lower.log_likelihoods
        return MetricResult(
            "AIS gap", float(gaps.mean()), standard_error(gaps), num_fake=len(gaps)
        )

    def __str__(self) -> str:
        """Return the gap and the two estimates, one per line."""
        gap = self.gap
        return (
            f"gap {gap.value:.2f} ± {gap.standard_error:.2f} nats\n"
            f"  lower {self.lower}\n  upper {self.upper}"
        )


def build_estimate(outcome: Outcome, *, num_chains: int, num_steps: int) -> Estimate:
    """Build the estimate from arrays [m], or raise if a value is not finite."""
    log_likelihoods, effective_chains, acceptance = (
        np.asarray(values, np.float64) for values in outcome
    )
    bad = ~np.isfinite(log_likelihoods)
    if bad.any():
        raise ValueError(
            f"Expected finite values of decode, got NaN or infinity in the likelihood "
            f"of {bad.sum()} of {len(bad)} examples. Inspect decode(z) for normal z, "
            "and use a larger sigma if it is far too small."
        )
    return Estimate(
        log_likelihoods, effective_chains, acceptance, num_chains, num_steps
    )
