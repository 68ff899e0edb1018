"""Rules that rate samples beside real data, on points and on small images."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import names, single_finding

from advnet.evaluation import features
from advnet.evaluation.diagnosis import diagnose

VARIETY, FIDELITY, APART = "low variety", "low fidelity", "told apart"
RNG = np.random.default_rng(2)


def clusters(num, centers=6):
    """Draw points of clusters on a circle."""
    angle = 2 * np.pi * RNG.integers(centers, size=num) / 6
    return np.stack([np.cos(angle), np.sin(angle)], 1) + 0.05 * RNG.normal(
        size=(num, 2)
    )


def diagnose_points(samples, **options):
    return diagnose({}, data=clusters(500), held_out=clusters(300), samples=samples)


def test_real_data_in_place_of_samples_have_no_finding():
    diagnosis = diagnose_points(clusters(300))
    assert {VARIETY, FIDELITY, APART} <= {*diagnosis.applied}
    assert not diagnosis.findings


def test_lost_clusters_are_low_variety():
    finding = single_finding(diagnose_points(clusters(300, centers=3)), VARIETY)
    assert finding.value == pytest.approx(0.5, abs=0.1)
    assert "in standardized values" in finding.observation


def test_noise_is_low_fidelity():
    samples = clusters(300) + 0.3 * RNG.normal(size=(300, 2))
    finding = single_finding(diagnose_points(samples), FIDELITY)
    assert finding.value < finding.threshold
    assert "density" in finding.observation


def test_a_defect_of_all_samples_is_told_apart():
    """Values of small scale decide it, which hardly change the nearest neighbors."""
    scales = np.array([10.0] * 2 + [0.1] * 8)
    data, held_out, samples = (scales * RNG.normal(size=(600, 10)) for _ in range(3))
    samples[:, 2:] += 0.3
    sides = {"data": data, "held_out": held_out, "samples": samples}
    diagnosis = diagnose({}, **sides, features=features.raw_values)
    finding = single_finding(diagnosis, APART)
    assert finding.value > 0.95
    assert "training and held-out data, in raw values" in finding.observation


def test_shifted_held_out_data_are_no_fault_of_the_samples():
    """Training data that differ as much from held-out data set the scale."""
    data, samples = (clusters(400) for _ in range(2))
    held_out = clusters(400) + 5.0
    diagnosis = diagnose({}, data=data, held_out=held_out, samples=samples)
    assert not {VARIETY, FIDELITY, APART} & {*names(diagnosis)}


def test_few_examples_are_not_judged():
    diagnosis = diagnose(
        {}, data=clusters(500), held_out=clusters(49), samples=clusters(300)
    )
    assert "50" in diagnosis.not_applied[VARIETY]


def test_features_may_be_chosen():
    def first_value(x):
        return x.reshape(len(x), -1)[:, :1]

    samples = clusters(300) * [1.0, 40.0]
    sides = {"data": clusters(500), "held_out": clusters(300), "samples": samples}
    assert diagnose({}, **sides).findings
    assert not diagnose({}, **sides, features=first_value).findings
