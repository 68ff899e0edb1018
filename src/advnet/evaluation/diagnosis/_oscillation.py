"""Rule for players that circle around each other and do not converge.

The comment of each threshold gives the nearest values of the healthy and of the broken
runs of tests/learning.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding

MIN_ROWS = 64
"""Smallest number of rows for a spectrum."""

MIN_STEPS = 500
"""First step of the rule; healthy players circle until step 200 and then converge."""

MIN_PERIODS = 3
"""Smallest number of periods; one or two may be a trend."""

PERIODIC = 0.7
"""Threshold of the share of the variance at one frequency.

Healthy: at most 0.57; broken: at least 0.8.
"""

PERSISTENT = 0.9
"""Late over early amplitude from which circles persist; below it they shrink."""

MIN_AMPLITUDE = 1e-3
"""Smallest standard deviation of a logit that counts as a movement."""


class _Cycle(NamedTuple):
    """Strongest frequency of a logit, and amplitudes.

    Attributes:
      periods: Number of periods.
      share: Share of the variance at this frequency.
      early: Standard deviation in the first half.
      late: Standard deviation in the second half.
    """

    periods: int
    share: float
    early: float
    late: float

    @property
    def persists(self) -> bool:
        """True if the logit oscillates at one frequency and does not converge."""
        return bool(
            self.late > MIN_AMPLITUDE
            and self.late >= PERSISTENT * self.early
            and self.periods >= MIN_PERIODS
            and self.share > PERIODIC
        )


def oscillation(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each critic whose logit oscillates until the end."""
    evidence.check_steps(MIN_STEPS)
    for critic in evidence.require_critics():
        logit = evidence.require_column(f"{critic}/fake_logit", MIN_ROWS)
        start = len(logit) // 4
        cycle = _strongest_cycle(logit[start:])
        if cycle.persists:
            steps = evidence.last_finite_step - evidence.steps[start]
            yield Finding(
                "oscillation",
                rule=f"share of the variance of {critic}/fake_logit at one frequency "
                "above",
                value=cycle.share,
                threshold=PERIODIC,
                observation=(
                    "the players circle with a period of about "
                    f"{steps / cycle.periods:.3g} steps, and the amplitude changed "
                    f"from {cycle.early:.2g} to {cycle.late:.2g}"
                ),
                advice="Use dynamics.extragradient, optimistic or consensus, a penalty "
                "(terms.r1), less momentum (adam with b1=0), or smaller learning "
                "rates.",
            )


def _strongest_cycle(x: np.ndarray) -> _Cycle:
    """Find the strongest frequency of `x` [t] without its linear trend."""
    time = np.linspace(-1, 1, len(x))
    x = x - np.polyval(np.polyfit(time, x, 1), time)
    early, late = (half.std() for half in np.array_split(x, 2))
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
    power[0] = 0
    peak = int(power.argmax())
    if power[peak] == 0:
        return _Cycle(0, 0.0, early, late)
    share = float(power[max(peak - 2, 1) : peak + 3].sum() / power.sum())
    return _Cycle(peak, share, early, late)
