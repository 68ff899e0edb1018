"""Rules that rate samples beside real data, in features: variety, fidelity, overlap.

Each statistic is that of samples and held-out data over that of training and held-out
data, so that the features and the number of examples matter little. "Healthy" and
"broken" refer to benchmarks/diagnosis.py on its seeds for thresholds.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from advnet.evaluation._result import MetricResult
from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding
from advnet.evaluation.two_sample import c2st

VARIETY = 0.88
"""Threshold of the relative variety. Healthy: at least 0.94; broken: at most 0.83."""

FIDELITY = 0.5
"""Threshold of the relative fidelity. Healthy: at least 0.91; broken: at most 0.12."""

ACCURACY = 0.95
"""Threshold of the two-sample accuracy. Healthy: at most 0.57; broken: 1."""

MARGIN = 0.1
"""Smallest amount by which the accuracy must exceed that of real data."""

NUM_STEPS = 300
"""Steps of the two-sample classifier, enough for samples that are easily told apart."""

NUM_ERRORS = 2.0
"""Number of standard errors by which a ratio must lie below 1."""


class _Estimate(NamedTuple):
    """Value and standard error."""

    value: float
    error: float

    def over(self, reference: "_Estimate") -> "_Estimate":
        """Return the ratio to a reference; 1, with no certainty, if that is 0."""
        if reference.value == 0:
            return _Estimate(1.0, math.inf)
        ratio = self.value / reference.value
        error = math.hypot(self.error, ratio * reference.error) / reference.value
        return _Estimate(ratio, error)

    def falls_below(self, threshold: float) -> bool:
        """Return whether a ratio is below a threshold, and below 1 beyond chance."""
        return self.value < threshold and self.value + NUM_ERRORS * self.error < 1


def _estimate(result: MetricResult) -> _Estimate:
    return _Estimate(result.value, result.standard_error)


def _ratio(samples: MetricResult, data: MetricResult) -> _Estimate:
    return _estimate(samples).over(_estimate(data))


def low_variety(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if samples lack a part of the variety of the data.

    Recall falls where samples are alike. Coverage falls where groups of the data have
    few samples. It also falls with precision, by which it is therefore divided, and
    says nothing where fidelity is low.
    """
    samples, data = evidence.judged.samples_prdc, evidence.judged.data_prdc
    ratios = {"recall": _ratio(samples.recall, data.recall)}
    if not _low_fidelity_ratios(evidence):
        of_samples, of_data = (
            _estimate(side.coverage).over(_estimate(side.precision))
            for side in (samples, data)
        )
        ratios["coverage over precision"] = of_samples.over(of_data)
    low = {name: x for name, x in ratios.items() if x.falls_below(VARIETY)}
    if low:
        name = min(low, key=lambda name: low[name].value)
        yield Finding(
            "low variety",
            rule=f"{name} of samples over that of training data below",
            value=low[name].value,
            threshold=VARIETY,
            observation=(
                f"samples reach {_percent(samples.recall)} of the held-out data "
                f"(recall) and cover {_percent(samples.coverage)}; training data reach "
                f"{_percent(data.recall)} and cover {_percent(data.coverage)}, in "
                f"{evidence.space_name}"
            ),
            advice="Train longer or with a larger batch (--epochs, --batch-size), or "
            "use losses.relativistic() with terms.r1 and terms.r2 (--loss relativistic "
            "--r1 --r2).",
        )


def low_fidelity(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if few samples lie where the data lie."""
    samples, data = evidence.judged.samples_prdc, evidence.judged.data_prdc
    low = _low_fidelity_ratios(evidence)
    if low:
        name = min(low, key=lambda name: low[name].value)
        yield Finding(
            "low fidelity",
            rule=f"{name} of samples over that of training data below",
            value=low[name].value,
            threshold=FIDELITY,
            observation=(
                f"{_percent(samples.precision)} of the samples lie among the held-out "
                f"data (precision), at a density of {samples.density.value:.2f}; for "
                f"training data {_percent(data.precision)} and "
                f"{data.density.value:.2f}, in {evidence.space_name}"
            ),
            advice="Train longer or with a larger network (--epochs, --width), and "
            "average the generator (--ema).",
        )


def _low_fidelity_ratios(evidence: Evidence) -> dict[str, _Estimate]:
    """Return the measures of fidelity that are low, relative to training data."""
    samples, data = evidence.judged.samples_prdc, evidence.judged.data_prdc
    ratios = {
        "precision": _ratio(samples.precision, data.precision),
        "density": _ratio(samples.density, data.density),
    }
    return {name: x for name, x in ratios.items() if x.falls_below(FIDELITY)}


def told_apart(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if a classifier separates samples and held-out data."""
    judged = evidence.judged
    samples = c2st(judged.held_out, judged.samples, num_steps=NUM_STEPS).value
    if samples <= ACCURACY:
        return
    data = c2st(judged.held_out, judged.data, num_steps=NUM_STEPS).value
    if samples - data > MARGIN:
        yield Finding(
            "told apart",
            rule="accuracy of a classifier of samples and held-out data above",
            value=samples,
            threshold=ACCURACY,
            observation=(
                f"a classifier tells {100 * samples:.3g} % of samples and held-out "
                f"data apart, and {100 * data:.3g} % of training and held-out data, in "
                f"{evidence.space_name}"
            ),
            advice="All samples share a defect, such as blur, noise or a pattern: look "
            "at samples beside data, train longer or use a larger network.",
        )


def _percent(result: MetricResult) -> str:
    return f"{100 * result.value:.3g} %"
