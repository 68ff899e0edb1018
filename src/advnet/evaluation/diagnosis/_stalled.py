"""Rule for a game in which neither the critic nor the generator moves any more.

"Healthy" and "broken" refer to benchmarks/diagnosis.py on its seeds for thresholds, and
to the runs of tests/learning.
"""

from collections.abc import Iterator

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding
from advnet.evaluation.diagnosis._quality_rules import low_fidelity, low_variety

NUM_PARTS = 8
"""Number of parts of the run, of which medians are compared."""

MIN_ROWS = 10 * NUM_PARTS
"""Smallest number of rows: ten for each median."""

MIN_STEPS = 500
"""First step of the rule; the gap of a healthy game may rise before."""

UNREDUCED = 0.9
"""Threshold of the last gap of logits over the largest. Broken: at least 0.96."""

STEADY = 0.1
"""Largest relative change of the gap over the last half of a run that stalled."""

CLEAR = 4.0
"""Smallest gap that a critic sees in each mini-batch, in standard deviations."""


def stalled(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each critic with a constant gap of logits and poor samples.

    The gap of a relativistic or Wasserstein critic has no scale, so it is compared with
    itself: it shrinks as samples improve. It may also be constant in a healthy game at
    its end, where samples are good.
    """
    evidence.check_steps(MIN_STEPS)
    critics = evidence.require_critics()
    if not any(
        finding for rule in (low_fidelity, low_variety) for finding in rule(evidence)
    ):
        return
    for critic in critics:
        if f"{critic}/real_probability" in evidence.metrics:
            continue  # "critic too strong" judges it by its probabilities
        real, fake = (
            evidence.require_column(f"{critic}/{side}_logit", MIN_ROWS)
            for side in ("real", "fake")
        )
        gap = real - fake
        parts = [np.median(part) for part in np.array_split(gap, NUM_PARTS)]
        late, half = parts[NUM_PARTS // 2 :], gap[len(gap) // 2 :]
        steady = np.ptp(late) <= STEADY * np.median(late)
        clear = half.mean() >= CLEAR * half.std()
        value = float(parts[-1] / max(parts)) if max(parts) > 0 else 0.0
        if steady and clear and value > UNREDUCED:
            yield Finding(
                "stalled",
                rule="gap of logits at the end over its largest value above",
                value=value,
                threshold=UNREDUCED,
                observation=(
                    f"over the last half {critic} separates data and samples by a "
                    f"constant gap of {parts[-1]:.3g}: the generator does not reduce it"
                ),
                advice="Check that the generator's learning rate is not 0 and that "
                "its output depends on its parameters; raise its learning rate, or "
                "lower that of the critic.",
            )
