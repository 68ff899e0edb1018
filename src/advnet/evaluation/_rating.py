"""Ratings of single metrics: good, fair or poor, with the number in words."""

import math
import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from advnet.evaluation._result import MetricResult

Level = Literal["unknown", "good", "fair", "poor"]
LEVELS: tuple[Level, ...] = ("unknown", "good", "fair", "poor")
"""Levels, from the best to the worst."""

MIN_CEILING = 0.3
"""Smallest value of real data at which a relative metric is informative."""

MIN_EXAMPLES = 50
"""Smallest number of examples of each side of a metric that is rated."""

NUM_ERRORS = 1.0
"""Standard errors by which a value is moved towards the ideal before it is rated."""


class Rating(NamedTuple):
    """Judgment of one quality of the samples by one metric.

    Attributes:
      quality: The quality, such as "fidelity" or "variety".
      level: "good", "fair" or "poor".
      observation: The number in words, beside the number of real data.

    Examples:
      >>> print(Rating("variety", "poor", "recall is 0.02 (real data: 0.93)"))
      Variety is poor: recall is 0.02 (real data: 0.93)
    """

    quality: str
    level: Level
    observation: str

    def __str__(self) -> str:
        """Return the quality, its level and the observation."""
        verb = "are" if self.quality.endswith("s") else "is"
        return f"{self.quality.capitalize()} {verb} {self.level}: {self.observation}"


class _Rule(NamedTuple):
    """Rule by which the value of a metric is rated.

    Attributes:
      quality: The quality that the metric measures.
      loss: Function `(value, real value)` to what is lost, 0 at best; None where the
        metric tells nothing about these data.
      limits: Largest loss of good samples, and of fair samples.
      text: Observation, with `{value}`, `{real}` and `{where}` to fill in.
    """

    quality: str
    loss: Callable[[float, float], float | None]
    limits: tuple[float, float]
    text: str


def _share_lost(value: float, real: float) -> float | None:
    """Return the share of the real data's value that the samples lack."""
    return None if real < MIN_CEILING else 1 - value / real


def _shortfall(value: float, real: float) -> float:
    return real - value


def _excess(value: float, real: float) -> float:
    return value - real


def _beyond_half(value: float, real: float) -> float:
    return value - 0.5


_COVERED = "the samples cover {value:.0%} of the data (real data: {real:.0%}{where})"
_DETECTED = (
    "a classifier tells samples from data in {value:.0%} of cases (chance: 50%{where})"
)
_COPIED = (
    "the probability that a sample is nearer to the training data than new data are is "
    "{value:.2f} (without copies at most 0.5{where})"
)

RULES: dict[str, _Rule] = {
    "precision": _Rule(
        "fidelity",
        _share_lost,
        (0.15, 0.5),
        "{value:.0%} of the samples look like data (real data: {real:.0%}{where})",
    ),
    "recall": _Rule("variety", _share_lost, (0.25, 0.6), _COVERED),
    "coverage": _Rule("variety", _share_lost, (0.25, 0.6), _COVERED),
    "two-sample accuracy": _Rule("detection", _beyond_half, (0.1, 0.35), _DETECTED),
    "detection accuracy": _Rule("detection", _beyond_half, (0.1, 0.35), _DETECTED),
    "copying": _Rule("copies", _beyond_half, (0.2, 0.35), _COPIED),
    "closer to training rows": _Rule("copies", _beyond_half, (0.2, 0.35), _COPIED),
    "column shapes": _Rule(
        "columns",
        _shortfall,
        (0.05, 0.15),
        "single columns agree to {value:.1%} (real data: {real:.1%}{where})",
    ),
    "pair trends": _Rule(
        "dependence",
        _shortfall,
        (0.05, 0.15),
        "pairs of columns agree to {value:.1%} (real data: {real:.1%}{where})",
    ),
    "usefulness (R²)": _Rule(
        "usefulness",
        _share_lost,
        (0.05, 0.2),
        "a model taught by samples predicts new rows with R² {value:.2f} (taught by "
        "real data: {real:.2f}{where})",
    ),
    "usefulness (accuracy)": _Rule(
        "usefulness",
        _share_lost,
        (0.05, 0.2),
        "a model taught by samples predicts {value:.0%} of new rows (taught by real "
        "data: {real:.0%}{where})",
    ),
    "autocorrelation difference": _Rule(
        "dynamics",
        _excess,
        (0.05, 0.2),
        "autocorrelations differ by up to {value:.2f} (real data: {real:.2f}{where})",
    ),
    "spectrum distance": _Rule(
        "dynamics",
        _excess,
        (0.05, 0.2),
        "{value:.0%} of the power is at other frequencies (real data: {real:.0%}"
        "{where})",
    ),
    "class shares": _Rule(
        "classes",
        _excess,
        (0.1, 0.3),
        "the shares of classes differ by {value:.0%} (real data: {real:.0%}{where})",
    ),
    "class agreement": _Rule(
        "condition",
        _share_lost,
        (0.1, 0.5),
        "a classifier sees the asked class on {value:.0%} of the samples (real data: "
        "{real:.0%}{where})",
    ),
}
"""Rules by the name of the result."""


_PLAIN_FEATURES = frozenset(
    {"", "raw values", "standardized values", "all columns", "all pairs", "all classes"}
    | {"boosted trees", "samples", "series"}
)
"""Features that a sentence need not mention."""


def rate(result: MetricResult, reference: MetricResult | None) -> Rating | None:
    """Rate a result, or return None without a rule, reference or enough examples.

    The loss is rated one standard error nearer to the ideal than the value is, so that
    chance makes few ratings worse.

    Args:
      result: Result of the samples.
      reference: The same metric of real data in place of samples.
    """
    rule = RULES.get(result.name)
    if rule is None or math.isnan(result.value):
        return None
    if any(0 < num < MIN_EXAMPLES for num in (result.num_real, result.num_fake)):
        return None
    real = math.nan if reference is None else reference.value
    error = result.standard_error if math.isfinite(result.standard_error) else 0.0
    ends = [result.value + side * NUM_ERRORS * error for side in (-1, 1)]
    losses = [rule.loss(end, real) for end in ends]
    loss = min((loss for loss in losses if loss is not None), default=math.nan)
    if math.isnan(loss):  # without a reference, or of no meaning for these data
        return None
    good, fair = rule.limits
    level: Level = "good" if loss <= good else "fair" if loss <= fair else "poor"
    where = "" if result.features in _PLAIN_FEATURES else f"; on {result.features}"
    text = rule.text.format(value=result.value, real=real, where=where)
    return Rating(rule.quality, level, re.sub(r"(\d)%", r"\1 %", text))
