"""The verdict of an evaluation: what its numbers mean, in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advnet.evaluation._rating import LEVELS, Level, Rating, rate
from advnet.evaluation._result import MetricResult
from advnet.evaluation.diagnosis import Diagnosis

MAX_ADVICE = 3
"""Pieces of advice in a verdict."""

MAX_NAMES = 6
"""Names of classes in a sentence."""

_HEADLINES: dict[Level, str] = {
    "unknown": "The numbers do not suffice for a verdict.",
    "good": "The samples are close to real data.",
    "fair": "The samples resemble real data, with clear differences.",
    "poor": "The samples are far from real data.",
}
_ADVICE = {
    "fidelity": "Train longer, or use a larger model (advnet fit: --width, --model).",
    "variety": "Train longer, use a larger batch (advnet fit: --batch-size), or the "
    "relativistic loss with R1 and R2 if the run has another (--loss, --r1, --r2).",
    "copies": "Use more data or augmentation (advnet fit: --augment diff), or stop "
    "earlier.",
    "condition": "Train longer; check that the labels belong to the examples.",
    "columns": "Train longer.",
    "dependence": "Train longer, or use a larger model (advnet fit: --width).",
    "usefulness": "Train longer, or use a larger model (advnet fit: --width).",
    "dynamics": "Train longer, or use a larger model (advnet fit: --width).",
    "classes": "Train longer, or train with labels (advnet fit: --labels).",
}
_IN_ALL_FEATURES = ("copies",)
_CLASS = "class "
_BY_CLASS = ("classes", "condition")
_MILD = frozenset({"detection"})
"""Qualities that alone make samples fair at worst: classifiers see tiny differences."""


class Verdict(NamedTuple):
    """Meaning of the numbers of an evaluation, in words.

    Attributes:
      level: "good", "fair" or "poor"; "unknown" if no metric has a rating.
      ratings: The worst rating of each quality.
      advice: Sentences on what to try next; empty if the samples are good.

    Examples:
      >>> rating = Rating("variety", "poor", "recall is 0.02 (real data: 0.93)")
      >>> verdict = Verdict("poor", (rating,), ("Train longer.",))
      >>> print(verdict.headline)
      The samples are far from real data.
      >>> print(str(verdict)[36:])
      Variety is poor: recall is 0.02 (real data: 0.93). Next: Train longer.
    """

    level: Level
    ratings: tuple[Rating, ...]
    advice: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """Sentence on the samples as a whole."""
        return _HEADLINES[self.level]

    def __str__(self) -> str:
        """Return the headline, the ratings and the advice as one paragraph."""
        parts = [self.headline, *(f"{rating}." for rating in self.ratings)]
        parts += ["Next: " + " ".join(self.advice)] if self.advice else []
        return " ".join(parts)


def judge(
    results: Sequence[MetricResult],
    true_data: Sequence[MetricResult] = (),
    diagnosis: Diagnosis | None = None,
) -> Verdict:
    """Return the verdict on results, beside those of real data in place of samples.

    Each quality has the worst rating of its metrics and features; copies have the
    best, because copies are near the training data in all features. The level is the
    worst rating; a classifier that tells samples from data makes them fair at worst.
    The advice is that of the diagnosis, which knows the run; without findings it is
    that of the qualities that are not good.

    Args:
      results: Metrics of the samples.
      true_data: The same metrics of real data.
      diagnosis: Findings on the training run.
    """
    references = {(r.name, r.features): r for r in true_data}
    lacking = _name_lacking_classes(results, references)
    by_quality: dict[str, Rating] = {}
    for result in results:
        if result.features.startswith(_CLASS):  # one class of a total
            continue
        rating = rate(result, references.get((result.name, result.features)))
        if rating is not None:
            previous = by_quality.get(rating.quality, rating)
            if rating.quality in _BY_CLASS:
                rating = rating._replace(observation=rating.observation + lacking)
            choose = min if rating.quality in _IN_ALL_FEATURES else max
            by_quality[rating.quality] = choose(rating, previous, key=_severity)
    ratings = tuple(sorted(by_quality.values(), key=_severity, reverse=True))
    findings = () if diagnosis is None else diagnosis.findings
    levels: list[Level] = [_cap(rating) for rating in ratings]
    if findings and ratings:
        levels.append("fair")
    level = max(levels, key=LEVELS.index) if levels else "unknown"
    advice = [finding.advice for finding in findings]
    if not advice:
        advice = [_ADVICE.get(r.quality, "") for r in ratings if r.level != "good"]
    advice = [text for text in dict.fromkeys(advice) if text]
    return Verdict(level, ratings, tuple(advice[:MAX_ADVICE]))


def _name_lacking_classes(
    results: Sequence[MetricResult],
    references: Mapping[tuple[str, str], MetricResult],
) -> str:
    """Return the end of a sentence with the classes below half of the real value."""
    names = [
        result.features.removeprefix(_CLASS)
        for result in results
        if result.name in ("class share", "class agreement")
        and result.features.startswith(_CLASS)
        and (reference := references.get((result.name, result.features))) is not None
        and result.value < reference.value / 2
    ]
    text = ", ".join(names[:MAX_NAMES])
    num_hidden = len(names) - MAX_NAMES
    text += f" and {num_hidden} more" if num_hidden > 0 else ""
    return f"; less than half as often as in data: {text}" if names else ""


def _severity(rating: Rating) -> int:
    return LEVELS.index(rating.level)


def _cap(rating: Rating) -> Level:
    """Return the level that a rating gives to the whole."""
    is_mild = rating.quality in _MILD and rating.level == "poor"
    return "fair" if is_mild else rating.level
