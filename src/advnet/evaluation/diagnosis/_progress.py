"""Rule for runs that end while their score still rises.

"Healthy" and "broken" refer to benchmarks/diagnosis.py on its seeds for thresholds.
"""

from collections.abc import Iterator

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable

MIN_SCORES = 10
"""Smallest number of scores."""

RISE = 0.15
"""Threshold of the rise in the last half relative to that since the first quarter.

A curve that approaches its limit by exp(-8 t / T) has 0.13; broken: at least 0.21.
"""

NUM_ERRORS = 3.0
"""Number of standard errors by which the slope must exceed 0."""


def still_improving(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the score rises until the end.

    The rise is measured from the end of the first quarter, because the scores of an
    untrained generator would set an arbitrary scale.
    """
    scores = evidence.scores
    if scores is None:
        raise NotApplicable("the rule needs scores")
    scores = scores[np.isfinite(scores).all(axis=1)]
    if len(scores) < MIN_SCORES:
        raise NotApplicable(f"the rule needs {MIN_SCORES} scores, got {len(scores)}")
    quarter = len(scores) // 4
    early = np.median(scores[quarter - 1 : quarter + 2, 1])
    steps, values = scores[len(scores) // 2 :].T
    if np.ptp(steps) == 0:
        raise NotApplicable("the scores belong to one step")
    slope, error = _slope(steps, values)
    rise, total = (
        slope * np.ptp(steps),
        values.mean() + slope * np.ptp(steps) / 2 - early,
    )
    if slope > NUM_ERRORS * error and rise > RISE * total:
        yield Finding(
            "still improving",
            rule="rise of the score in the last half of the run over that since the "
            "first quarter above",
            value=float(rise / total) if total > 0 else 1.0,
            threshold=RISE,
            observation=(
                f"the validation score still rises by {1000 * slope:.2g} per 1,000 "
                f"steps at the end, to {values[-1]:.3g} at step {steps[-1]:,.0f}"
            ),
            advice="Train longer: repeat the command with larger --epochs, which "
            "resumes the run.",
        )


def _slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the slope of a line through points by least squares, and its error."""
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    variance = float(np.sum((y - slope * x) ** 2)) / max(1, len(x) - 2)
    return slope, float(np.sqrt(variance / (x @ x)))
