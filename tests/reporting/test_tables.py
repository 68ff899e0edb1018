"""An evaluation as rows of text."""

import numpy as np
from reporting.pages import evaluation

from advnet.evaluation import Evaluation, MetricResult, diagnosis
from advnet.reporting._tables import Cell, tables
from advnet.reporting._words import number

SPACE = "\N{NO-BREAK SPACE}"


def test_a_metric_stands_beside_the_same_metric_of_true_data():
    precision, mmd, frechet = tables(evaluation()).metrics
    assert precision.samples == Cell(f"0.81 ±{SPACE}0.01")
    assert precision.true_data == Cell(f"0.88 ±{SPACE}0.01")
    assert mmd.samples == Cell(f"−0.173 ±{SPACE}0.02", "p = 0.005")
    assert mmd.true_data is None
    assert frechet.samples == Cell("failed")
    assert frechet.failures == ["Samples: Expected n > d, got 5."]
    assert frechet.details == "raw values"
    assert precision.failures == []


def test_an_unknown_standard_error_is_left_out():
    result = MetricResult("distance", 1.5e-7, np.nan, num_real=1, features="")
    (row,) = tables(Evaluation(step=None, results=(result,))).metrics
    assert row.samples == Cell("1.5e−7")
    assert row.details == "1 real example"


def test_the_parzen_window_has_its_sigma_and_its_place():
    view = tables(evaluation())
    samples, true_data = view.parzen
    assert samples.log_likelihood == Cell(f"225.1 ±{SPACE}2.0")
    assert samples.sigma == Cell("0.167", "3 of 10")
    assert true_data.name == "true data"
    assert view.parzen_size == "500 test examples, 4,000 centers."


def test_the_summary_counts_rules():
    quiet = diagnosis.Diagnosis((), ("memorizing",), {})
    summary = tables(Evaluation(step=1, results=(), diagnosis=quiet)).summary
    assert summary == "1 rule applied, none fired."
    assert tables(evaluation()).summary == "2 rules applied, 1 fired."
    assert tables(None).summary == ""


def test_numbers_are_short_and_zero_has_no_sign():
    texts = [number(value) for value in (-0.0, 1234.5, -2.3456, 1.5e-7, 2.5e7)]
    assert texts == ["0", "1,234", "−2.35", "1.5e−7", "2.5e7"]
