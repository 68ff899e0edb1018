"""Rows that a user adds to the table of metrics."""

import numpy as np
import pytest

from advnet.evaluation import METRICS, Metric, evaluate_samples

X = np.random.default_rng(0).normal(size=(30, 2))


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        (len, TypeError, r"METRICS\['mine'\] to be a Metric, got builtin.*Metric\("),
        (Metric(len, needs=("typo",)), ValueError, r"needs of .*\['train'\].*'typo'"),
        (
            Metric(len, kinds=frozenset({"image"})),
            ValueError,
            r"kinds of .*\['image'\]",
        ),
    ],
)
def test_a_wrong_row_is_refused_by_name(monkeypatch, row, error, message):
    monkeypatch.setitem(METRICS, "mine", row)
    with pytest.raises(error, match=message):
        evaluate_samples(X, X, metrics=("kernel",))
