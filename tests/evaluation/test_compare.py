import pytest

from advnet.evaluation import Evaluation, MetricResult, compare

BASE = MetricResult("recall", 0.25, 0.01, 500, 400, data="3f2a")
OTHER = BASE._replace(name="precision")


def evaluation(*results, true_data=()):
    return Evaluation(100, results, true_data)


def test_metrics_of_two_runs_and_of_real_data_stand_in_one_row():
    real = BASE._replace(value=0.9)
    first = evaluation(BASE, OTHER, true_data=(real,))
    second = evaluation(BASE._replace(value=0.5))
    comparison = compare({"a": first, "b": second})
    (row,) = comparison.rows  # precision is a metric of one run only
    assert {name: r.value for name, r in row.results.items()} == {
        "a": 0.25,
        "b": 0.5,
        "true data": 0.9,
    }
    assert str(comparison).splitlines()[0] == f"a: {first.verdict.headline}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data": "9c1b"}, "a and b: .*data"),
        ({"num_fake": 300}, "a and b: .*400.*300"),
        ({"fingerprint": "77"}, "a and b: .*weights"),
    ],
)
def test_numbers_that_are_not_comparable_are_refused(change, expected):
    with pytest.raises(ValueError, match=expected):
        compare({"a": evaluation(BASE), "b": evaluation(BASE._replace(**change))})


def test_too_few_runs_and_runs_without_a_common_metric_are_refused():
    with pytest.raises(ValueError, match="at least two runs, got 1"):
        compare({"a": evaluation(BASE)})
    with pytest.raises(ValueError, match="a metric in common"):
        compare({"a": evaluation(BASE), "b": evaluation(OTHER)})
