"""The table of metrics and the function that runs it."""

import math

import numpy as np
import pytest

from advnet import evaluation
from advnet.evaluation import (
    METRICS,
    MetricResult,
    distances,
    evaluate_samples,
    memorization,
    series,
    standardize,
)
from advnet.evaluation import _metrics as metrics_module
from advnet.evaluation.features import random_convolution, raw_values

RNG = np.random.default_rng(0)
REAL, FAKE, TRAIN = RNG.normal(size=(3, 60, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def results():
    return evaluate_samples(REAL, FAKE, train=TRAIN)


def test_every_row_of_the_table_gives_results(results):
    assert all(isinstance(result, MetricResult) for result in results)
    rows = [row for row in METRICS.values() if "vectors" in row.kinds]
    assert len(results) == len(rows) + 3  # prdc gives four
    for result in results:
        assert math.isfinite(result.value)
        assert result.failure is None
        assert result.features == "standardized values"
        assert result.num_real > 0
        assert result.num_fake > 0


def test_results_are_those_of_the_functions(results):
    features = standardize(REAL)
    by_name = {result.name: result for result in results}
    expected = distances.mmd(REAL, FAKE, features=features)
    assert by_name["MMD²"] == expected
    expected = memorization.data_copying(TRAIN, REAL, FAKE, features=features)
    assert by_name["copying"] == expected


def test_the_seed_reaches_the_metrics():
    names = ("mmd", "sliced_wasserstein")
    first, again, second = (
        evaluate_samples(REAL, FAKE, metrics=names, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again
    assert first[0].p_value != second[0].p_value
    assert first[1].value != second[1].value


def test_named_metrics_keep_their_order_and_their_features():
    halves = lambda x: x / 2
    results = evaluate_samples(
        REAL, FAKE, metrics=("sliced_wasserstein", "kernel"), features=halves
    )
    assert [result.name for result in results] == [
        "sliced Wasserstein-2²",
        "kernel distance",
    ]
    assert results[1] == distances.kernel(REAL, FAKE, features=halves)


def test_each_metric_runs_in_each_feature_space():
    spaces = (raw_values, standardize(REAL))
    results = evaluate_samples(
        REAL, FAKE, metrics=("kernel", "sliced_wasserstein"), features=spaces
    )
    names = ["kernel distance", "sliced Wasserstein-2²"]
    assert [result.name for result in results] == 2 * names
    assert [result.features for result in results] == [
        *2 * ["raw values"],
        *2 * ["standardized values"],
    ]
    assert results[0] == distances.kernel(REAL, FAKE)


def test_metrics_of_raw_series_run_once():
    x = RNG.normal(size=(2, 40, 32, 1))
    names = ("kernel", "spectrum")
    results = evaluate_samples(
        *x, metrics=names, features=(raw_values, standardize(x[0]))
    )
    spectrum = series.spectrum(*x)
    assert [result.name for result in results].count(spectrum.name) == 1


def test_features_are_computed_once_for_all_metrics():
    calls = []

    def halves(x):
        calls.append(len(x))
        return x / 2

    names = ("kernel", "mmd", "sliced_wasserstein", "prdc", "data_copying")
    evaluate_samples(REAL, FAKE, train=TRAIN, metrics=names, features=halves)
    assert calls == [60, 60, 60, 2]  # two rows check the shape in data_copying


def test_images_are_compared_on_random_convolutions_by_default():
    x = RNG.uniform(size=(2, 30, 12, 10, 1)).astype(np.float32)
    (result,) = evaluate_samples(*x, metrics=("kernel",))
    expected = distances.kernel(*x, features=random_convolution(1))
    assert result == expected
    pixels = np.round(255 * x).astype(np.uint8)
    (result,) = evaluate_samples(*pixels, metrics=("kernel",))
    assert result.value == pytest.approx(expected.value, abs=0.01)


def test_a_failing_metric_states_its_reason_and_the_others_run(monkeypatch):
    def fail(real, fake, *, train, features, seed):
        raise np.linalg.LinAlgError("SVD did not converge")

    def run_out(real, fake, *, train, features, seed):
        raise MemoryError

    table = {**METRICS, "kernel": metrics_module.Metric(fail)}
    table["mmd"] = metrics_module.Metric(run_out)
    monkeypatch.setattr(metrics_module, "METRICS", table)
    names = ("kernel", "mmd", "sliced_wasserstein")
    kernel, mmd, wasserstein = evaluate_samples(REAL, FAKE, metrics=names)
    assert (kernel.name, kernel.failure) == ("kernel", "SVD did not converge")
    assert math.isnan(kernel.value)
    assert mmd.failure == "MemoryError"
    assert wasserstein.failure is None


def test_an_error_in_the_code_of_a_metric_is_named(monkeypatch):
    def wrong(real, fake, *, train, features, seed):
        raise TypeError("a mistake")

    monkeypatch.setitem(METRICS, "kernel", metrics_module.Metric(wrong))
    (result,) = evaluate_samples(REAL, FAKE, metrics=("kernel",))
    assert result.failure == "TypeError: a mistake"


def test_features_that_are_not_finite_fail_every_metric():
    results = evaluate_samples(
        REAL, FAKE, metrics=("kernel", "prdc"), features=lambda x: x * np.nan
    )
    assert [result.name for result in results] == ["kernel", "prdc"]
    assert all("finite" in result.failure for result in results)


def test_few_examples_give_no_results():
    assert evaluate_samples(REAL[:19], FAKE) == ()
    assert evaluate_samples(REAL, FAKE[:19], train=TRAIN) == ()


def test_sides_are_cut(monkeypatch):
    monkeypatch.setattr(metrics_module, "MAX_EXAMPLES", 25)
    (result,) = evaluate_samples(REAL, FAKE, metrics=("kernel",))
    assert (result.num_real, result.num_fake) == (25, 25)


def default_metrics(shape, *, has_train=False, features=raw_values):
    x = np.zeros(shape)
    return metrics_module._default_metrics(x, x, has_train, features)


def test_metrics_that_do_not_suit_run_only_by_name():
    assert "frechet" in default_metrics((60, 2), has_train=True)
    assert "frechet" not in default_metrics((60, 60))  # a singular covariance
    assert "frechet" not in default_metrics((1005, 1001))  # a slow one
    assert "frechet" in default_metrics((60, 60), features=lambda x: x[:, :2])
    assert "data_copying" in default_metrics((60, 2), has_train=True)
    assert "data_copying" not in default_metrics((60, 2))
    wide = RNG.normal(size=(2, 30, 40))
    (result,) = evaluate_samples(*wide, metrics=("frechet",))
    assert result.name == "Fréchet distance"


def test_kinds_select_the_default_metrics(monkeypatch):
    images_only = metrics_module.Metric(distances.kernel, kinds=frozenset({"images"}))
    monkeypatch.setitem(METRICS, "kernel", images_only)
    assert "kernel" in default_metrics((60, 8, 8, 1))
    assert "kernel" not in default_metrics((60, 8))
    assert "kernel" not in default_metrics((60, 8, 3))


def test_bad_input():
    with pytest.raises(ValueError, match="No metric named 'kernal'.*'kernel'"):
        evaluate_samples(REAL, FAKE, metrics=("kernal",))
    with pytest.raises(ValueError, match="'data_copying' needs the training examples"):
        evaluate_samples(REAL, FAKE, metrics=("data_copying",))
    with pytest.raises(ValueError, match="Expected finite fake examples"):
        evaluate_samples(REAL, FAKE * np.nan)
    with pytest.raises(ValueError, match=r"training examples \[n, ...\]"):
        evaluate_samples(REAL, FAKE, train=TRAIN[:, 0])


def test_standardized_values_have_mean_0_and_deviation_1():
    x = RNG.normal(100, 5, size=(50, 3))
    x[:, 1] = 7  # constant
    standardized = standardize(x)(x.astype(np.float32))
    np.testing.assert_allclose(standardized.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(standardized.std(axis=0), [1, 0, 1], atol=1e-4)


def test_pixels_are_not_standardized():
    pixels = RNG.uniform(size=(20, 4, 4, 1))
    assert standardize(pixels) is None
    assert standardize(2 * pixels) is not None
    assert standardize(pixels.reshape(20, 16)) is not None


def test_a_metric_of_the_user_that_fails_is_reported(monkeypatch):
    def broken(real, fake, *, train, features, seed):
        return 1 / 0

    wrong = lambda real, fake, *, train, features, seed: [1.0]
    monkeypatch.setitem(evaluation.METRICS, "broken", evaluation.Metric(broken))
    monkeypatch.setitem(evaluation.METRICS, "wrong", evaluation.Metric(wrong))
    x = np.random.default_rng(0).normal(size=(2, 30, 2))
    names = ("broken", "wrong", "kernel")
    failures = [r.failure for r in evaluation.evaluate_samples(*x, metrics=names)]
    assert failures[0].startswith("ZeroDivisionError")
    assert "to return a MetricResult" in failures[1]
    assert failures[2] is None
    with pytest.raises(TypeError, match="got the string 'kernel'"):
        evaluation.evaluate_samples(*x, metrics="kernel")


@pytest.mark.parametrize("number", [lambda x: x[:0], lambda x: x.mean(), lambda x: 1.0])
def test_features_have_one_row_for_each_example(number):
    (result,) = evaluate_samples(REAL, FAKE, metrics=("kernel",), features=number)
    assert "Expected features [60, ...] of 60 examples" in result.failure
