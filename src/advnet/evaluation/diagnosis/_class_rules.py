"""Rules that need classes: missing classes, and a condition that is ignored.

A sample has the class of its nearest training example in features. The same classifier
is applied to training examples that it does not hold, so that its errors cancel.
"Healthy" and "broken" refer to benchmarks/diagnosis.py on its seeds for thresholds.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from advnet.evaluation._neighbors import nearest_distances
from advnet.evaluation.diagnosis._evidence import (
    MAX_JUDGED,
    MIN_JUDGED,
    Evidence,
    random_indices,
)
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable

MAX_NEIGHBORS = 5_000
"""Largest number of training examples that may be a nearest one."""

MISSING = 0.25
"""Threshold of the relative share of a class. Healthy: 0.33; broken: at most 0.14."""

CERTAIN = 4.0
"""Number of standard errors by which the share of a missing class must be lower."""

AGREEMENT = 0.5
"""Threshold of the relative agreement. Healthy: at least 0.93; broken: at most 0.07."""

MIN_AGREEMENT = 0.1
"""Smallest agreement of real data, beyond chance, that samples are compared with."""

MAX_NAMED = 10
"""Largest number of missing classes that are named."""


class _Classified(NamedTuple):
    """Classes of samples and of real examples by their nearest training example.

    Attributes:
      samples: Predicted classes of samples [m].
      conditions: Classes that these samples were drawn under [m]; None if unknown.
      real: Predicted classes of training examples [k].
      labels: Labels of these training examples [k].
      features: Features of the samples [m, f].
    """

    samples: np.ndarray
    conditions: np.ndarray | None
    real: np.ndarray
    labels: np.ndarray
    features: np.ndarray


def _classify(evidence: Evidence) -> _Classified:
    """Predict the classes of samples and of real examples, or raise NotApplicable."""
    data, samples = (evidence.require_finite(name) for name in ("data", "samples"))
    if evidence.labels is None:
        raise NotApplicable("the rule needs labels")
    num = min(MAX_JUDGED, len(samples), len(data) // 2)
    if num < MIN_JUDGED:
        raise NotApplicable(
            f"the rule needs {MIN_JUDGED} samples and twice as many training examples"
        )
    rows = random_indices(len(data), num + MAX_NEIGHBORS)
    tested, reference = rows[:num], rows[num:]
    chosen = random_indices(len(samples), num)
    features = evidence.features_of("samples", chosen)
    queries = np.concatenate([features, evidence.features_of("data", tested)])
    nearest, _ = nearest_distances(evidence.features_of("data", reference), queries)
    predicted = evidence.labels[reference][nearest]
    conditions = evidence.conditions
    return _Classified(
        predicted[:num],
        None if conditions is None else conditions[chosen],
        predicted[num:],
        evidence.labels[tested],
        features,
    )


def missing_classes(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if samples of some classes are rare or absent."""
    classified = _classify(evidence)
    num = len(classified.samples)
    ratios = {}
    for name in np.unique(classified.labels):
        share, expected = (
            float(np.mean(side == name))
            for side in (classified.samples, classified.real)
        )
        error = math.sqrt((share * (1 - share) + expected * (1 - expected)) / num)
        if share < MISSING * expected and expected - share > CERTAIN * error:
            ratios[name] = share / expected
    if ratios:
        names = [str(name) for name in sorted(ratios, key=lambda name: ratios[name])]
        more = len(names) - MAX_NAMED
        listed = ", ".join(names[:MAX_NAMED]) + (
            f" and {more} more" if more > 0 else ""
        )
        yield Finding(
            "missing classes",
            rule="share of a class among samples over its share among data below",
            value=min(ratios.values()),
            threshold=MISSING,
            observation=f"samples hardly show the {_plural(len(names))} {listed}",
            advice="Give the networks the labels (--labels, games.conditional), so "
            "that every class is drawn, or balance the classes of the training data.",
        )


def _plural(num: int) -> str:
    return "class" if num == 1 else "classes"


def condition_ignored(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if samples do not show the class they were drawn under."""
    if evidence.conditions is None:
        raise NotApplicable("the rule needs conditions")
    classified = _classify(evidence)
    real = _agreement(classified.real, classified.labels)
    if real < MIN_AGREEMENT:
        raise NotApplicable("classes of real data are not told apart in the features")
    conditions = classified.conditions
    assert conditions is not None  # as they are evidence
    samples = _agreement(classified.samples, conditions)
    if samples < AGREEMENT * real:
        shares = (
            _percent(classified.samples, conditions),
            _percent(classified.real, classified.labels),
        )
        difference = _difference(classified.features, conditions)
        yield Finding(
            "condition ignored",
            rule="agreement of class and condition beyond chance, samples over real "
            "data, below",
            value=samples / real,
            threshold=AGREEMENT,
            observation=(
                f"{difference}: the nearest training example has the "
                f"class of the condition for {shares[0]} of the samples and "
                f"{shares[1]} of real data"
            ),
            advice="Check that generator and critic receive the labels "
            "(games.conditional, modules.Projection), add "
            "terms.auxiliary_classifier, and train longer.",
        )


def _agreement(predicted: np.ndarray, classes: np.ndarray) -> float:
    """Return Cohen's kappa of two classifications: 0 by chance, 1 if they are equal."""
    observed = np.mean(predicted == classes)
    chance = sum(
        np.mean(predicted == name) * np.mean(classes == name)
        for name in np.unique(classes)
    )
    return float((observed - chance) / (1 - chance)) if chance < 1 else 0.0


def _difference(features: np.ndarray, conditions: np.ndarray) -> str:
    """Say whether samples of different conditions differ, by one half of the samples.

    The other half predicts its conditions.
    """
    first, second = np.array_split(np.arange(len(features)), 2)
    nearest, _ = nearest_distances(features[first], features[second])
    agreement = _agreement(conditions[first][nearest], conditions[second])
    if agreement < MIN_AGREEMENT:
        return "samples under different conditions do not differ"
    return "samples differ with the condition, but do not show it"


def _percent(predicted: np.ndarray, classes: np.ndarray) -> str:
    return f"{100 * np.mean(predicted == classes):.3g} %"
