import math

import pytest
from scipy import ndimage

from advnet import data
from advnet.evaluation import (
    Evaluation,
    MetricResult,
    Rating,
    diagnosis,
    evaluate_samples,
    features,
)


def result(name, value, error=0.01, features="raw values"):
    return MetricResult(name, value, error, 500, 500, features)


REAL = (
    result("precision", 0.9),
    result("recall", 0.9),
    result("two-sample accuracy", 0.5),
    result("copying", 0.5),
    result("column shapes", 0.99),
    result("usefulness (R²)", 0.99),
    result("autocorrelation difference", 0.01),
    result("class shares", 0.01),
    result("class agreement", 0.98),
)


def verdict(*results, true_data=REAL, findings=()):
    found = diagnosis.Diagnosis(tuple(findings), (), {})
    return Evaluation(1, results, true_data, diagnosis=found).verdict


@pytest.mark.parametrize("reference", REAL, ids=lambda result: result.name)
def test_real_data_are_good(reference):
    outcome = verdict(reference)
    assert outcome.level == "good"
    assert [rating.level for rating in outcome.ratings] == ["good"]
    assert outcome.advice == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("precision", (0.8, 0.6, 0.2)),
        ("recall", (0.8, 0.5, 0.02)),
        ("copying", (0.3, 0.8, 0.95)),
        ("column shapes", (0.96, 0.9, 0.7)),
        ("usefulness (R²)", (0.97, 0.85, 0.5)),
        ("autocorrelation difference", (0.04, 0.15, 0.6)),
        ("class shares", (0.05, 0.2, 0.8)),
        ("class agreement", (0.95, 0.7, 0.1)),
    ],
)
def test_levels_follow_the_distance_from_real_data(name, values):
    levels = [verdict(result(name, value)).level for value in values]
    assert levels == ["good", "fair", "poor"]


def test_a_classifier_alone_makes_samples_fair_at_worst():
    outcome = verdict(result("two-sample accuracy", 1.0), result("recall", 0.9))
    assert outcome.ratings[0] == Rating(
        "detection",
        "poor",
        "a classifier tells samples from data in 100 % of cases (chance: 50 %)",
    )
    assert outcome.level == "fair"


def test_the_worst_features_decide_and_are_named():
    by_network = result("recall", 0.1, features="a network")
    real = (*REAL, result("recall", 0.8, features="a network"))
    outcome = verdict(result("recall", 0.9), by_network, true_data=real)
    (rating,) = outcome.ratings
    assert rating.level == outcome.level == "poor"
    assert rating.observation.endswith(
        "10 % of the data (real data: 80 %; on a network)"
    )


def test_differences_within_the_errors_are_good():
    assert verdict(result("recall", 0.5, error=0.3)).level == "good"
    assert verdict(result("recall", 0.5, error=math.nan)).level == "fair"


def test_metrics_that_fail_on_real_data_or_have_no_rule_give_no_rating():
    low = (result("recall", 0.1),)
    assert verdict(result("recall", 0.02), true_data=low).level == "unknown"
    assert verdict(result("recall", 0.02), true_data=()).level == "unknown"
    assert verdict(result("recall", math.nan)).level == "unknown"
    assert verdict(result("kernel distance", 3.0)).level == "unknown"
    few = result("recall", 0.9)._replace(num_real=30)
    assert verdict(few).level == "unknown"
    assert "do not suffice" in str(verdict())


def test_findings_lower_the_level_and_give_the_advice():
    finding = diagnosis.Finding("oscillation", "", 1, 0, "it circles", "Average.")
    outcome = verdict(result("recall", 0.02), findings=[finding])
    assert outcome.advice == ("Average.",)
    assert len(verdict(result("recall", 0.02)).advice) == 1
    assert verdict(result("recall", 0.9), findings=[finding]).level == "fair"


def test_the_paragraph_is_written_for_readers_of_the_file():
    evaluation = Evaluation(1, (result("recall", 0.02),), REAL)
    record = evaluation.to_json()
    assert record["verdict"]["text"] == str(evaluation.verdict)
    assert record["verdict"]["ratings"][0]["level"] == "poor"
    assert Evaluation.from_json(record) == evaluation
    assert str(evaluation.verdict).startswith("The samples are far from real data. ")


def test_classes_that_are_rare_are_named():
    by_class = [
        MetricResult("class share", share, 0.01, features=f"class {name}")
        for name, share in {"cat": 0.1, "dog": 0.02, "cow": 0.0}.items()
    ]
    real = [share._replace(value=0.1) for share in by_class]
    total = result("class shares", 0.2, features="all classes")
    truth = result("class shares", 0.01, features="all classes")
    outcome = verdict(total, *by_class, true_data=(truth, *real))
    (rating,) = outcome.ratings
    assert rating.observation.endswith("less than half as often as in data: dog, cow")


def test_copies_are_near_in_all_features():
    near = result("copying", 0.99, features="a network")
    assert verdict(near, result("copying", 0.5)).level == "good"
    assert verdict(near, result("copying", 0.95)).level == "poor"


@pytest.mark.ci
def test_real_digits_are_good_and_blobs_are_poor():
    images = data.mnist_5k().train.x[:1_600]
    test, train, other = images[:500], images[500:1_000], images[1_000:1_500]
    # Blobs have the mean and the large scales of the data, and no strokes.
    blurred = ndimage.gaussian_filter(other, (0, 4, 4, 0))
    metrics = ("prdc", "c2st")
    spaces = features.suitable(train)
    true_data, real, blobs = (
        evaluate_samples(test, x, metrics=metrics, features=spaces)
        for x in (train, other, blurred)
    )
    assert Evaluation(1, real, true_data).verdict.level == "good"
    assert Evaluation(1, blobs, true_data).verdict.level == "poor"
