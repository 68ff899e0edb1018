"""The diagnosis as a whole: rules applied and not applied, its text, bad input.

The slow tests of tests/learning apply it to real runs.
"""

import json

import jax
import numpy as np
import pytest
from evaluation.diagnosis.metrics import (
    DATA,
    HELD_OUT,
    NUM_ROWS,
    SAMPLES,
    healthy,
    names,
)

import advnet
from advnet.evaluation.diagnosis import diagnose

RULES = [
    "not finite",
    "data out of range",
    "mode collapse",
    "low variety",
    "missing classes",
    "condition ignored",
    "low fidelity",
    "told apart",
    "memorizing",
    "critic too strong",
    "vanishing gradient",
    "critic not learning",
    "stalled",
    "oscillation",
    "still improving",
]
FROM_METRICS = [
    "not finite",
    "critic too strong",
    "vanishing gradient",
    "critic not learning",
    "oscillation",
]


@pytest.mark.parametrize("probabilities", [True, False])
def test_a_healthy_run_has_no_finding(probabilities):
    classes = np.arange(400) % 2
    diagnosis = diagnose(
        healthy(probabilities=probabilities),
        samples=SAMPLES + 9 * classes[:, None],
        data=DATA + 9 * classes[:, None],
        held_out=HELD_OUT + 9 * classes[:, None],
        labels=classes,
        conditions=classes,
        scores=[(step, -np.exp(-step / 20)) for step in range(1, 200, 10)],
        output_range=(-np.inf, np.inf),
    )
    assert diagnosis.findings == ()
    assert list(diagnosis.applied) == RULES
    assert str(diagnosis) == "15 rules applied, none fired."


def test_rules_that_need_more_than_metrics_state_the_reason():
    diagnosis = diagnose(healthy())
    assert list(diagnosis.applied) == FROM_METRICS
    reasons = dict.fromkeys([*RULES[1:9], "stalled"], "the rule needs data")
    reasons["condition ignored"] = "the rule needs conditions"
    reasons["still improving"] = "the rule needs scores"
    assert diagnosis.not_applied == reasons
    assert "Not applied: memorizing (the rule needs data)." in str(diagnosis)


def test_rules_that_need_more_than_samples_state_the_reason():
    diagnosis = diagnose({}, samples=SAMPLES, data=DATA)
    assert diagnosis.applied == ("data out of range", "mode collapse")
    assert diagnosis.not_applied["not finite"] == "the rule needs metrics"
    for name in ("low variety", "low fidelity", "told apart", "memorizing"):
        assert diagnosis.not_applied[name] == "the rule needs held_out"
    assert diagnosis.not_applied["missing classes"] == "the rule needs labels"
    assert "fake_logit" in diagnosis.not_applied["oscillation"]


def test_a_finding_that_follows_from_another_is_left_out():
    samples = np.ones((400, 2)) + 0.01 * SAMPLES
    sides = {"data": DATA, "held_out": HELD_OUT, "samples": samples}
    diagnosis = diagnose({}, **sides, output_range=(-9, 9))
    assert {"low variety", "told apart"} <= {*diagnosis.applied}
    assert names(diagnosis) == ["mode collapse"]


def test_a_run_that_is_too_short():
    diagnosis = diagnose(healthy(19))
    assert diagnosis.applied == ("not finite",)
    reasons = diagnosis.not_applied
    assert reasons["critic too strong"] == "the rule needs 200 finite steps, got 19"
    assert reasons["critic not learning"] == "the rule needs 20 finite rows, got 19"


def test_rows_may_be_missing():
    metrics = healthy(50) | {"step": 100 * np.arange(1, 51)}
    diagnosis = diagnose(metrics)
    assert "critic too strong" in diagnosis.applied
    assert "oscillation" in diagnosis.not_applied  # too few rows


def test_a_finding_prints_its_rule_value_and_threshold():
    text = str(diagnose(healthy(), data=DATA, samples=np.ones((100, 2))))
    assert text.startswith("mode collapse: samples have 0 % of the data's variance")
    rule = "rule: variance of samples over variance of data below 0.05; value: 0"
    assert f"({rule})." in text
    assert "6 rules applied, 1 fired." in text


def test_reads_the_file_of_write_metrics(tmp_path):
    path = tmp_path / "metrics.jsonl"
    hook = advnet.hooks.write_metrics(path, every=10)
    metrics = healthy()
    for row in range(NUM_ROWS):
        hook(row + 1, None, {name: x[row] for name, x in metrics.items()})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    diagnosis = diagnose(columns)
    assert not diagnosis.findings
    assert "oscillation" in diagnosis.applied


def test_accepts_jax_arrays_of_any_shape():
    data = jax.numpy.asarray(DATA).reshape(400, 1, 2, 1)
    assert not diagnose({}, data=data, samples=SAMPLES).findings


def test_bad_input():
    metrics = healthy()
    with pytest.raises(ValueError, match="one length"):
        diagnose(metrics | {"generator/loss": np.zeros(3)})
    with pytest.raises(ValueError, match="one length"):
        diagnose(metrics, step=np.arange(3))
    with pytest.raises(ValueError, match="one size"):
        diagnose({}, data=DATA, samples=SAMPLES[:, :1])
    with pytest.raises(ValueError, match="x\\[:, None\\]"):
        diagnose({}, data=DATA[:, 0])
    with pytest.raises(ValueError, match="each of the 400 examples of data"):
        diagnose({}, data=DATA, labels=np.zeros(3))
    with pytest.raises(ValueError, match="each of the 400 examples of samples"):
        diagnose({}, samples=SAMPLES, conditions=np.zeros(3))
    with pytest.raises(ValueError, match="pairs \\(step, score\\)"):
        diagnose({}, scores=[1.0, 2.0])
    with pytest.raises(TypeError, match="Expected metrics as columns.*got list"):
        diagnose([{"generator/loss": 1.0}])
