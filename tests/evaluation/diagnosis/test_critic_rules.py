"""Rules for the critic and for the gradient of the generator, on synthetic metrics."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import (
    NUM_ROWS,
    healthy,
    names,
    noisy,
    single_finding,
)

from advnet.evaluation.diagnosis import diagnose

STRONG, VANISHED = "critic too strong", "vanishing gradient"
NOT_LEARNING = "critic not learning"


def test_a_critic_must_be_certain_at_the_end_and_of_both_sides():
    metrics = healthy()
    real, fake = (f"discriminator/{side}_probability" for side in ("real", "fake"))
    late = np.arange(NUM_ROWS) > 300
    metrics[real] = np.where(late, 0.98, 0.6)
    metrics[fake] = np.where(late, 0.04, 0.4)
    finding = single_finding(diagnose(metrics), STRONG)
    assert finding.value == pytest.approx(0.96)
    assert finding.threshold == 0.9
    metrics[fake] = np.where(late, 0.4, 0.04)
    metrics[real] = np.where(late, 0.6, 0.98)
    assert not diagnose(metrics).findings
    metrics[real][:] = 0.98  # for one side only
    assert not diagnose(metrics).findings


def test_a_critic_without_probabilities_is_judged_by_its_loss():
    metrics = healthy(probabilities=False)
    metrics["discriminator/loss"] = np.abs(noisy(0.01, sd=0.005))
    assert single_finding(diagnose(metrics), STRONG).value < 0.02


def wasserstein(gap, norm):
    """Return metrics of a Wasserstein game with a gap of logits and gradient norms."""
    metrics = healthy(probabilities=False)
    fake = noisy(5)
    return metrics | {
        "discriminator/real_logit": fake + gap,
        "discriminator/fake_logit": fake,
        "discriminator/loss": -gap,
        "generator/gradient_norm": norm,
    }


def test_a_wasserstein_critic_is_judged_by_growth():
    up, constant = np.geomspace(1, 100, NUM_ROWS), np.ones(NUM_ROWS)
    finding = single_finding(diagnose(wasserstein(up, up)), STRONG)
    # Medians of the last and the second quarter of a geometric sequence.
    assert finding.value == pytest.approx(100**0.5, rel=0.01)
    for gap, norm in ((up, constant), (constant, up), (up[::-1], up)):
        assert not diagnose(wasserstein(gap, norm)).findings


def test_a_loss_of_unknown_scale_is_not_judged():
    metrics = healthy(probabilities=False)
    metrics["discriminator/loss"] -= 3
    diagnosis = diagnose(metrics)
    assert "scale of the loss" in diagnosis.not_applied[STRONG]


@pytest.mark.parametrize(
    ("loss", "advice"), [(-1e-6, "non_saturating"), (5.0, "saturated or dead")]
)
def test_a_vanishing_gradient(loss, advice):
    metrics = healthy()
    metrics["generator/loss"] = np.full(NUM_ROWS, loss)
    metrics["generator/gradient_norm"] = np.geomspace(1, 1e-6, NUM_ROWS)
    finding = single_finding(diagnose(metrics), VANISHED)
    assert finding.value < finding.threshold
    assert advice in finding.advice


def test_a_gradient_small_from_the_start_is_compared_with_the_critics():
    metrics = healthy()
    metrics["generator/gradient_norm"] = np.full(NUM_ROWS, 1e-6)
    assert single_finding(diagnose(metrics), VANISHED).value < 1e-5


def test_a_single_spike_of_a_gradient_is_ignored():
    metrics = healthy()
    metrics["generator/gradient_norm"][3] = 1e6
    assert not diagnose(metrics).findings


def test_a_critic_with_equal_logits_for_data_and_samples():
    metrics = healthy()
    metrics["discriminator/fake_logit"] = metrics["discriminator/real_logit"]
    assert single_finding(diagnose(metrics), NOT_LEARNING).value == 0


def test_a_critic_that_prefers_samples_to_data():
    metrics = healthy()
    for metric in ("logit", "probability"):
        real, fake = (f"discriminator/{side}_{metric}" for side in ("real", "fake"))
        metrics[real], metrics[fake] = metrics[fake] - 1, metrics[real] + 1
    metrics["discriminator/real_probability"] = noisy(0.5, sd=0.01)
    metrics["discriminator/fake_probability"] = noisy(0.95, sd=0.01)
    metrics["generator/gradient_norm"] = np.full(NUM_ROWS, 1e-6)
    diagnosis = diagnose(metrics)
    # The advice "train the critic less" of a vanishing gradient would be wrong.
    finding = single_finding(diagnosis, NOT_LEARNING)
    assert "takes samples for data" in finding.observation
    assert finding.value == pytest.approx(0.45, abs=0.01)
    assert "fooled" in diagnosis.not_applied[VANISHED]
    early = {name: x[:100] for name, x in metrics.items()}
    assert NOT_LEARNING not in names(diagnose(early))


def test_a_critic_without_probabilities_that_prefers_samples():
    metrics = healthy(probabilities=False)
    metrics["discriminator/fake_logit"] += 2
    finding = single_finding(diagnose(metrics), NOT_LEARNING)
    assert "higher logits" in finding.observation
    assert finding.value == 1
    early = {name: x[:100] for name, x in metrics.items()}
    assert NOT_LEARNING not in names(diagnose(early))


def test_every_critic_is_judged():
    metrics = healthy()
    second = {name.replace("discriminator", "second"): x for name, x in metrics.items()}
    second["second/real_logit"] = second["second/fake_logit"]
    finding = single_finding(diagnose(metrics | second), NOT_LEARNING)
    assert finding.observation.startswith("second")
