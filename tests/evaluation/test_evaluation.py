"""The record of an evaluation, and its form in JSON."""

import json
import math

import numpy as np
import pytest

from advnet.evaluation import Evaluation, MetricResult, diagnosis, parzen


@pytest.fixture(scope="module")
def evaluation():
    x = np.random.default_rng(0).normal(size=(4, 60, 2))
    real_probability, fake_probability = np.full((2, 300), [[0.99], [0.01]])
    metrics = {
        "discriminator/real_probability": real_probability,
        "discriminator/fake_probability": fake_probability,
        "discriminator/real_logit": np.full(300, 4.6),
        "discriminator/fake_logit": np.full(300, -4.6),
    }
    return Evaluation(
        step=1000,
        results=(
            MetricResult("recall", 0.25, 0.01, 60, 50, p_value=0.5, fingerprint="ab"),
            MetricResult("kernel", math.nan, failure="Expected n >= 20, got 3."),
            MetricResult("support size", math.inf, num_fake=50),
        ),
        true_data=(MetricResult("recall", 0.9, 0.02, 60, 50),),
        parzen=parzen.table(*x),
        diagnosis=diagnosis.diagnose(metrics),
    )


def test_the_record_survives_strict_json(evaluation):
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    restored = Evaluation.from_json(json.loads(text))
    assert json.dumps(restored.to_json(), allow_nan=False) == text
    assert str(restored) == str(evaluation)
    assert restored.results[0] == evaluation.results[0]
    assert math.isnan(restored.results[1].value)
    assert restored.results[2].value == math.inf
    assert restored.diagnosis == evaluation.diagnosis
    name = "samples"
    score, expected = restored.parzen.rows[name], evaluation.parzen.rows[name]
    assert score.log_likelihood == expected.log_likelihood
    np.testing.assert_array_equal(
        score.bandwidth.log_likelihoods, expected.bandwidth.log_likelihoods
    )
    assert restored.parzen.notes == evaluation.parzen.notes


def test_a_record_without_parzen_and_diagnosis():
    evaluation = Evaluation(None, (MetricResult("recall", 0.25),))
    restored = Evaluation.from_json(evaluation.to_json())
    assert (restored.step, restored.parzen, restored.diagnosis) == (None, None, None)
    assert restored.results[0].value == 0.25
    assert str(evaluation) == "recall of raw values: 0.25 ± nan"


def test_text_shows_every_part(evaluation):
    lines = str(evaluation).splitlines()
    assert lines[0] == "step 1,000"
    assert lines[1].endswith("; true data: 0.9 ± 0.02")
    assert lines[2] == "kernel of raw values: failed (Expected n >= 20, got 3.)"
    assert any(line.startswith("true data: ") for line in lines)
    assert "critic too strong" in str(evaluation)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"step": 3, "measures": [], "true data": [], "diagnosis": {}},
        {**Evaluation(1, ()).to_json(), "results": [{"name": "m", "color": 1}]},
        {**Evaluation(1, ()).to_json(), "results": [{"name": "m"}]},
        {**Evaluation(1, ()).to_json(), "parzen": {"samples": 3}},
    ],
)
def test_a_record_of_another_layout_is_refused(record):
    with pytest.raises(ValueError, match="as Evaluation.to_json returns it"):
        Evaluation.from_json(record)


def test_a_record_of_an_older_version_has_unknown_data():
    record = Evaluation(None, (MetricResult("recall", 0.25),)).to_json()
    del record["results"][0]["data"]
    assert Evaluation.from_json(record).results[0].data is None
