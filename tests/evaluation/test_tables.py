"""Metrics of tables against known values."""

import numpy as np
import pandas as pd
import pytest

from advnet.evaluation import MetricResult, tables


def by_name(results):
    return {(result.name, result.features): result.value for result in results}


@pytest.fixture(scope="module")
def frames():
    """Two independent samples of one distribution, with gaps."""
    rng = np.random.default_rng(0)

    def rows(num):
        x = rng.normal(size=num)
        return pd.DataFrame(
            {
                "city": rng.choice(["Rome", "Oslo"], num, p=[0.7, 0.3]),
                "x": x,
                "y": 2 * x + 0.1 * rng.normal(size=num),
                "gap": np.where(rng.random(num) < 0.2, np.nan, rng.normal(size=num)),
                "day": pd.Timestamp("2020-01-01")
                + pd.to_timedelta(rng.integers(0, 99, num), unit="D"),
            }
        )

    return rows(600), rows(500)


def test_shapes_of_known_columns():
    real = pd.DataFrame({"c": list("aabb"), "n": [0, 1, 2, 3]})
    fake = pd.DataFrame({"c": list("aaad"), "n": [2, 3, 4, 5]})
    values = by_name(tables.column_shapes(real, fake))
    assert values["total variation", "column c"] == 0.5
    assert values["Kolmogorov distance", "column n"] == 0.5
    assert values["column shapes", "all columns"] == 0.5


def test_shares_of_missing_values_are_compared():
    real = np.array([[0.0], [1.0], [np.nan], [3.0]])
    fake = np.array([[0.0], [1.0], [3.0], [3.0]])
    values = by_name(tables.column_shapes(real, fake))
    assert values["missing values", "column 0"] == 0.25
    missing = np.full((4, 1), np.nan)
    values = by_name(tables.column_shapes(real, missing))
    assert values["Kolmogorov distance", "column 0"] == 1


def test_trends_of_known_pairs():
    real = pd.DataFrame({"c": list("aabb"), "d": list("xxyy"), "n": [0, 0, 9, 9]})
    fake = pd.DataFrame({"c": list("aabb"), "d": list("yyxx"), "n": [0, 0, 9, 9]})
    values = by_name(tables.pair_trends(real, fake))
    assert values["contingency similarity", "columns c, d"] == 0
    assert values["contingency similarity", "columns c, n"] == 1
    same = by_name(tables.pair_trends(real, real))
    assert same["pair trends", "all pairs"] == 1


def test_good_samples_get_good_values(frames):
    real, fake = frames
    results = tables.evaluate_tables(real, fake, train=real, target="y")
    assert all(isinstance(result, MetricResult) for result in results)
    assert all(result.failure is None for result in results)
    values = by_name(results)
    assert values["column shapes", "all columns"] > 0.93
    assert values["pair trends", "all pairs"] > 0.93
    assert 0.4 < values["detection accuracy", "boosted trees"] < 0.6
    assert values["usefulness (R²)", "column y"] > 0.95
    assert values["copies", "real rows"] == 1  # the training rows themselves
    assert values["copies", "samples"] == 0


def test_bad_samples_get_bad_values(frames):
    real, fake = frames
    shuffled = fake.assign(y=fake["y"].sample(frac=1, random_state=0).to_numpy())
    values = by_name(tables.evaluate_tables(real, shuffled, target="y"))
    pairs = by_name(tables.pair_trends(real, shuffled))
    assert pairs["correlation similarity", "columns x, y"] < 0.6
    assert values["detection accuracy", "boosted trees"] > 0.85
    assert values["usefulness (R²)", "column y"] < 0.3


def test_copies_are_seen(frames):
    train, real = frames
    fake = pd.concat([train.iloc[:100], real.iloc[:100]])
    results = tables.closest_records(train, real, fake)
    assert [result.name for result in results] == [
        *["distance to the closest record"] * 2,
        *["copies"] * 2,
        "closer to training rows",
    ]
    assert results[2].value == pytest.approx(0.5)
    assert results[3].value == 0
    assert results[0].value < results[1].value


def test_the_target_may_be_a_category(frames):
    real, fake = frames
    linked = [side.assign(city=np.where(side["x"] > 0, "a", "b")) for side in frames]
    assert tables.usefulness(*linked, target="city").value > 0.95
    result = tables.usefulness(real, fake)  # the last column
    assert result.features == "column day"
    with pytest.raises(KeyError, match="Expected a target among"):
        tables.usefulness(real, fake, target="z")


def test_kinds_say_what_numbers_mean():
    real = pd.DataFrame({"zip": [1, 1, 2, 2]})
    names = [
        r.name for r in tables.column_shapes(real, real, kinds={"zip": "category"})
    ]
    assert names[0] == "total variation"


def test_a_metric_that_fails_leaves_the_rest():
    x = np.random.default_rng(0).normal(size=(10, 2))
    results = tables.evaluate_tables(x, x)
    failures = {result.name for result in results if result.failure}
    assert failures == {"detection accuracy", "usefulness"}


@pytest.mark.parametrize(
    ("fake", "error", "message"),
    [
        (pd.DataFrame({"b": [1, 2]}), ValueError, r"Expected the columns \['a'\]"),
        ([1, 2], TypeError, "pandas frames or arrays"),
        (pd.DataFrame({"a": [1]}), ValueError, "at least 2 rows"),
    ],
)
def test_frames_that_differ_are_refused(fake, error, message):
    with pytest.raises(error, match=message):
        tables.column_shapes(pd.DataFrame({"a": [1, 2, 3]}), fake)


def test_dependence_of_known_columns():
    x = np.arange(8.0)
    frame = pd.DataFrame(
        {"x": x, "y": -x, "c": list("aabbccdd"), "d": list("ppqqrrss"), "k": 1}
    )
    values = tables.dependence(frame)
    assert values[0, 1] == pytest.approx(-1)
    assert values[2, 3] == pytest.approx(1)
    assert values[0, 2] == pytest.approx(np.sqrt(20 / 21))  # 5 / (5 + 1 / 4)
    assert np.isnan(values[4]).all()
    np.testing.assert_array_equal(values, values.T)
    rng = np.random.default_rng(0)
    independent = pd.DataFrame(
        {"c": rng.choice(list("ab"), 4_000), "d": rng.choice(list("pq"), 4_000)}
    )
    assert tables.dependence(independent)[0, 1] < 0.05
