"""Rules that compare samples with data, on points."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import (
    DATA,
    HELD_OUT,
    SAMPLES,
    healthy,
    names,
    single_finding,
)

from advnet.evaluation.diagnosis import diagnose

RANGE, COLLAPSE, COPIES = "data out of range", "mode collapse", "memorizing"
CENTER = np.array([0.5, 0.7])


def test_data_out_of_a_known_range():
    data = np.clip(np.abs(DATA) / 3, 0, 1)
    assert not diagnose({}, data=data, output_range=(0, 1)).findings
    assert not diagnose({}, data=data, output_range=(0, np.inf)).findings
    diagnosis = diagnose({}, data=255 * data, output_range=(0, 1))
    assert single_finding(diagnosis, RANGE).value > 0.9
    mostly_inside = np.where(np.arange(400)[:, None] < 3, 9, data)  # all but 0.75 %
    assert not diagnose({}, data=mostly_inside, output_range=(0, 1)).findings


def test_data_far_out_of_the_range_of_the_samples():
    assert not diagnose({}, data=2 * DATA, samples=SAMPLES).findings
    diagnosis = diagnose({}, data=50 * DATA, samples=SAMPLES)
    assert names(diagnosis)[0] == RANGE
    early = diagnose(healthy(100), data=50 * DATA, samples=SAMPLES)
    assert "1,000 finite steps" in early.not_applied[RANGE]


@pytest.mark.parametrize("num", [100, 256, 400])
@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.1])
def test_collapse_to_a_point(num, spread):
    samples = CENTER + spread * SAMPLES[:num]
    diagnosis = diagnose(healthy(), data=DATA, samples=samples, output_range=(-9, 9))
    finding = single_finding(diagnosis, COLLAPSE)
    assert finding.value == pytest.approx(spread**2, rel=0.6)


def test_collapsed_samples_do_not_show_the_range_of_the_generator():
    diagnosis = diagnose({}, data=DATA, samples=CENTER + 1e-4 * SAMPLES)
    assert names(diagnosis) == [COLLAPSE]
    assert "output_range" in diagnosis.not_applied[RANGE]


def test_collapse_to_two_distant_points_has_variance_and_no_recall():
    sides = np.where(np.arange(400)[:, None] % 2, 3.0, -3.0)
    diagnosis = diagnose({}, data=DATA, samples=sides + 0.05 * SAMPLES)
    assert "recall" in single_finding(diagnosis, COLLAPSE).rule


@pytest.mark.ci
def test_images_may_vary_in_few_directions():
    """With 784 values and 3 causes, recall in all directions would be noise."""
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(3, 784))
    data, samples = (
        rng.normal(size=(300, 3)) @ directions + rng.normal(size=(300, 784))
        for _ in range(2)
    )
    assert not diagnose({}, data=data, samples=samples).findings
    assert COLLAPSE in names(diagnose({}, data=data, samples=0.1 * samples))


def test_very_large_samples_cause_no_warning():
    diagnosis = diagnose({}, data=DATA, samples=1e30 * SAMPLES, held_out=HELD_OUT)
    assert "far from the data" in diagnosis.not_applied[COPIES]


def test_copies_of_the_training_data():
    samples = DATA + 0.01 * SAMPLES
    diagnosis = diagnose({}, data=DATA, samples=samples, held_out=HELD_OUT)
    assert single_finding(diagnosis, COPIES).value > 0.9


def test_too_few_samples_are_not_judged():
    diagnosis = diagnose({}, data=DATA, samples=SAMPLES[:19], held_out=HELD_OUT)
    assert "20" in diagnosis.not_applied[COLLAPSE]
    assert "20" in diagnosis.not_applied[COPIES]
