"""The rule for oscillation, on synthetic metrics."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import NUM_ROWS, healthy, noisy, single_finding

from advnet.evaluation.diagnosis import diagnose


def circling(growth, sd=0.05):
    """Return metrics with a logit of period 60 whose amplitude grows by e^growth."""
    time = np.arange(NUM_ROWS)
    metrics = healthy()
    wave = np.exp(growth * time / NUM_ROWS) * np.sin(2 * np.pi * time / 60)
    metrics["discriminator/fake_logit"] = noisy(-0.3, sd=sd) + wave
    return metrics


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_circles_that_persist(growth):
    finding = single_finding(diagnose(circling(growth)), "oscillation")
    assert finding.value > 0.9
    period = finding.observation.split("about ")[1].split()[0]
    assert float(period) == pytest.approx(60, 0.1)


def test_shrinking_circles_noise_and_a_trend_are_not_oscillation():
    assert not diagnose(circling(-1.0)).findings
    assert not diagnose(circling(0.0, sd=1.5)).findings
    metrics = healthy()
    metrics["discriminator/fake_logit"] += np.linspace(0, 3, NUM_ROWS) ** 2
    assert not diagnose(metrics).findings
