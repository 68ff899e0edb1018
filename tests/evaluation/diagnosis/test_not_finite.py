"""The rule for NaN and infinity, on synthetic metrics and data."""

import numpy as np
from evaluation.diagnosis.metrics import DATA, healthy, names, single_finding

from advnet.evaluation.diagnosis import diagnose

NAME = "not finite"


def test_nan_is_dated_and_other_rules_use_the_rows_before_it():
    metrics = healthy()
    metrics["discriminator/gradient_norm"][600:] = np.nan
    metrics["generator/loss"][601:] = np.inf
    finding = single_finding(diagnose(metrics, step=np.arange(1, 1_001)), NAME)
    assert finding.value == 400
    assert "at step 601, in discriminator/gradient_norm" in finding.observation
    assert "first players with such a value: discriminator" in finding.advice


def test_nan_in_a_batch_is_distinguished_from_nan_in_a_network():
    metrics = healthy()
    for name in ("discriminator/real_logit", "discriminator/loss", "generator/loss"):
        metrics[name][600:] = np.nan
    finding = single_finding(diagnose(metrics), NAME)
    assert "batch of that step" in finding.advice
    metrics["discriminator/fake_logit"][600:] = np.nan
    assert "learning rate" in single_finding(diagnose(metrics), NAME).advice


def test_nan_from_the_first_row():
    metrics = {name: np.full(100, np.nan) for name in healthy()}
    diagnosis = diagnose(metrics, samples=np.full((50, 2), np.nan), data=DATA)
    assert names(diagnosis) == [NAME]
    reasons = diagnosis.not_applied
    assert reasons["critic too strong"] == "the rule needs 200 finite steps, got 0"
    assert reasons["data out of range"] == "samples holds NaN or infinity"


def test_nan_in_the_data_needs_no_metrics():
    data = np.where(np.arange(400)[:, None] == 7, np.nan, DATA)
    finding = single_finding(diagnose({}, data=data), NAME)
    assert "1 of 400" in finding.observation
