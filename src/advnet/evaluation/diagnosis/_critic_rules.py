"""Rules for the critic: too strong, vanishing gradient, and not learning.

"Healthy" and "broken" refer to the runs of tests/learning, most of them with three
seeds, early in training and at the end. The comment of each threshold gives the values
of these runs that lie nearest to it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable

MIN_ROWS = 20
"""Smallest number of rows for a median."""

MIN_STEPS = 200
"""First step at which a critic can be too strong; healthy ones were until step 50."""

CERTAINTY = 0.9
"""Threshold of D(x) and 1 - D(G(z)). Healthy: at most 0.6; broken: at least 0.94."""

ERRORLESS = 0.05
"""Threshold of a loss that is never negative. Healthy: 0.2; broken: at most 0.01."""

GROWTH = 2.0
"""Threshold of the growth from the second quarter of the run to the last.

Healthy: at most 1.4; broken: at least 3.2.
"""

VANISHED = 1e-3
"""Threshold of the relative gradient norm. Healthy: at least 0.02; broken: 1e-4."""

STILL = 1e-3
"""Threshold of a gap between logits. Healthy: at least 0.008; broken: 0."""

FOOLED = 0.25
"""Threshold of D(G(z)) - D(x). Healthy: at most 0.01; broken: 0.6."""

REVERSED = 0.9
"""Threshold of the share of mini-batches in which samples have the higher logit.

Healthy: at most 0.5; broken: 1.
"""

SIDES = "real", "fake"


_TOO_SLOW = (
    "Raise its learning rate, its number of steps (k) or its capacity: the generator "
    "learns faster than the critic."
)


class _Strength(NamedTuple):
    """Quantity that measures how strong a critic is, and whether it is too strong."""

    rule: str
    value: float
    threshold: float
    fires: bool


def critic_too_strong(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each critic that separates data and samples too well."""
    evidence.check_steps(MIN_STEPS)
    for critic in evidence.require_critics():
        strength = _strength(evidence, critic)
        if strength.fires:
            real, fake = (_late(evidence, f"{critic}/{side}_logit") for side in SIDES)
            yield Finding(
                "critic too strong",
                rule=strength.rule,
                value=strength.value,
                threshold=strength.threshold,
                observation=(
                    f"over the last half the median logits of {critic} are {real:.3g} "
                    f"for data and {fake:.3g} for samples"
                ),
                advice="Penalize its slope (terms.r1, terms.gradient_penalty), lower "
                "its learning rate or k, or raise the generator's learning rate.",
            )


def _strength(evidence: Evidence, critic: str) -> _Strength:
    """Measure a critic by its probabilities, or else by its loss."""
    if f"{critic}/real_probability" in evidence.metrics:
        real, fake = (_late(evidence, f"{critic}/{side}_probability") for side in SIDES)
        value = min(real, 1 - fake)
        rule = "smaller of D(x) and 1 - D(G(z)), median over the last half, above"
        return _Strength(rule, value, CERTAINTY, value > CERTAINTY)
    real, fake, loss = (
        evidence.require_column(f"{critic}/{metric}", MIN_ROWS)
        for metric in ("real_logit", "fake_logit", "loss")
    )
    if np.allclose(loss, fake - real, rtol=1e-3, atol=1e-3):
        return _wasserstein_strength(evidence, real - fake)
    if loss.min() < 0:
        raise NotApplicable(f"the scale of the loss of {critic} is unknown")
    value = _late(evidence, f"{critic}/loss")
    rule = "loss of the critic, median over the last half, below"
    return _Strength(rule, value, ERRORLESS, value < ERRORLESS)


def _wasserstein_strength(evidence: Evidence, gap: np.ndarray) -> _Strength:
    """Measure a Wasserstein critic, whose logits only its slope bounds, by growth."""
    norms = [
        evidence.require_column(f"{player}/gradient_norm", MIN_ROWS)
        for player in evidence.opponents()
    ]
    value = min(_growth(x) for x in (gap, *norms))
    rule = "growth of the gap of logits and of the generator's gradient above"
    return _Strength(rule, value, GROWTH, value > GROWTH)


def _growth(x: np.ndarray) -> float:
    """Compute the last quarter over the larger of the first two, by medians."""
    first, second, _, last = (np.median(part) for part in np.array_split(x, 4))
    early = max(abs(first), abs(second))
    return float(last / early) if early else 0.0


def _late(evidence: Evidence, name: str) -> float:
    """Return the median of a metric over the last half of the run."""
    x = evidence.require_column(name, MIN_ROWS)
    return float(np.median(x[len(x) // 2 :]))


def vanishing_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each generator that receives almost no gradient.

    This is the failure that section 3 of the paper describes.
    """
    critics = evidence.require_critics()
    if any(_excess(evidence, critic) > FOOLED for critic in critics):
        raise NotApplicable("the critic is fooled, which must be repaired first")
    for player in evidence.opponents():
        names = [f"{name}/gradient_norm" for name in (player, *critics)]
        tenths = [
            np.array_split(evidence.require_column(name, MIN_ROWS), 10)
            for name in names
        ]
        largest = max(np.median(part) for parts in tenths for part in parts)
        late = np.median(tenths[0][-1])
        if late < VANISHED * largest:
            yield Finding(
                "vanishing gradient",
                rule="gradient norm in the last tenth over the largest of all players "
                "below",
                value=float(late / largest),
                threshold=VANISHED,
                observation=f"the gradient norm of {player} fell to {late:.2g}",
                advice=_gradient_advice(evidence, player),
            )


def _gradient_advice(evidence: Evidence, player: str) -> str:
    """Return advice that depends on the loss: minimax losses are never positive."""
    loss = evidence.metrics.get(f"{player}/loss")
    if loss is not None and np.all(loss[: evidence.num_finite] <= 0):
        return (
            "The loss saturates where the critic rejects samples: use "
            "losses.non_saturating()."
        )
    return "Look for saturated or dead units, and train the critic less."


def critic_not_learning(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each critic that is constant or prefers samples to data."""
    for critic in evidence.require_critics():
        real, fake = (
            evidence.require_column(f"{critic}/{side}_logit", MIN_ROWS)
            for side in SIDES
        )
        gap = float(np.median(np.abs(real - fake)))
        if gap < STILL:
            yield Finding(
                "critic not learning",
                rule="median of |real logit - fake logit| below",
                value=gap,
                threshold=STILL,
                observation=(
                    f"{critic} gives data and samples the same logit in every "
                    "mini-batch"
                ),
                advice="Check its capacity, its learning rate and its inputs; without "
                "it the generator cannot learn.",
            )
        excess = _excess(evidence, critic)
        if excess > FOOLED:
            yield Finding(
                "critic not learning",
                rule="D(G(z)) - D(x), median over the last half, above",
                value=excess,
                threshold=FOOLED,
                observation=f"{critic} takes samples for data more often than data",
                advice=_TOO_SLOW,
            )
        share = _reversed_share(evidence, critic)
        if share > REVERSED:
            yield Finding(
                "critic not learning",
                rule="share of mini-batches of the last half in which samples have the "
                "higher logit, above",
                value=share,
                threshold=REVERSED,
                observation=f"{critic} gives samples higher logits than data",
                advice=_TOO_SLOW,
            )


def _reversed_share(evidence: Evidence, critic: str) -> float:
    """Compute how often samples have the higher logit, for losses of differences.

    It is 0 if the loss has probabilities, which `_excess` uses, or the run is short.
    """
    if f"{critic}/real_probability" in evidence.metrics or _is_short(evidence):
        return 0.0
    real, fake = (evidence.metrics[f"{critic}/{side}_logit"] for side in SIDES)
    gap = (real - fake)[: evidence.num_finite]
    return float(np.mean(gap[len(gap) // 2 :] < -STILL))


def _is_short(evidence: Evidence) -> bool:
    """Return whether a healthy critic may still prefer samples to data."""
    return evidence.num_finite < MIN_ROWS or evidence.last_finite_step < MIN_STEPS


def _excess(evidence: Evidence, critic: str) -> float:
    """Compute D(G(z)) - D(x); 0 if it is unknown or the run is short.

    A healthy critic may start with a positive value.
    """
    if f"{critic}/real_probability" not in evidence.metrics:
        return 0.0
    if _is_short(evidence):
        return 0.0
    real, fake = (_late(evidence, f"{critic}/{side}_probability") for side in SIDES)
    return fake - real
