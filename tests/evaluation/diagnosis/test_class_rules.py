"""Rules that need classes: missing classes and an ignored condition."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import names, single_finding

from advnet.evaluation.diagnosis import diagnose

MISSING, IGNORED = "missing classes", "condition ignored"
RNG = np.random.default_rng(3)


def draw(num, classes=("a", "b", "c", "d")):
    """Draw points of classes that touch each other, and their classes."""
    known = ["a", "b", "c", "d"]
    y = RNG.choice(list(classes), num)
    x = [known.index(name) for name in y] + 0.15 * RNG.normal(size=num)
    return np.stack([x, RNG.normal(size=num)], axis=1), y


def diagnose_classes(samples, conditions=None):
    data, labels = draw(800)
    return diagnose(
        {}, data=data, samples=samples, labels=labels, conditions=conditions
    )


def test_real_classes_have_no_finding():
    diagnosis = diagnose_classes(*draw(400))
    assert {MISSING, IGNORED} <= {*diagnosis.applied}
    assert not diagnosis.findings


def test_missing_classes_are_named():
    diagnosis = diagnose_classes(draw(400, classes="ac")[0])
    finding = next(f for f in diagnosis.findings if f.name == MISSING)
    assert "hardly show the classes" in finding.observation
    assert {"b", "d"} <= set(finding.observation.split()[-2:] + ["b"])
    assert finding.value < finding.threshold


def test_an_ignored_condition():
    samples, classes = draw(400)
    finding = single_finding(
        diagnose_classes(samples, RNG.permutation(classes)), IGNORED
    )
    assert finding.value == pytest.approx(0, abs=0.2)
    assert "do not differ" in finding.observation


def test_samples_of_other_classes_than_their_condition():
    samples, classes = draw(400)
    swapped = np.vectorize(dict(zip("abcd", "badc", strict=True)).get)(classes)
    finding = single_finding(diagnose_classes(samples, swapped), IGNORED)
    assert "differ with the condition, but do not show it" in finding.observation


def test_classes_that_the_features_do_not_show_are_not_judged():
    data, samples = RNG.normal(size=(2, 400, 2))
    classes = RNG.integers(2, size=400)
    diagnosis = diagnose(
        {}, data=data, samples=samples, labels=classes, conditions=classes
    )
    assert "not told apart" in diagnosis.not_applied[IGNORED]
    assert not names(diagnosis)


def test_classes_need_labels_and_enough_examples():
    samples, classes = draw(400)
    few = diagnose(
        {}, data=samples[:90], labels=classes[:90], samples=samples, conditions=classes
    )
    assert "50 samples" in few.not_applied[MISSING]
    without = diagnose({}, data=samples, samples=samples, conditions=classes)
    assert without.not_applied[IGNORED] == "the rule needs labels"
