"""Rule for games in which nothing moves, on synthetic metrics."""

import numpy as np
from evaluation.diagnosis.metrics import (
    DATA,
    HELD_OUT,
    NUM_ROWS,
    SAMPLES,
    healthy,
    names,
    noisy,
)

from advnet.evaluation.diagnosis import diagnose

NAME = "stalled"


def diagnose_gap(gap, samples):
    metrics = healthy(probabilities=False)
    metrics["discriminator/real_logit"] = metrics["discriminator/fake_logit"] + gap
    return diagnose(metrics, data=DATA, held_out=HELD_OUT, samples=samples)


def test_a_constant_gap_with_poor_samples():
    gap = noisy(2 - np.exp(-np.arange(NUM_ROWS) / 100))
    assert NAME in names(diagnose_gap(gap, 3 * SAMPLES))
    assert NAME not in names(diagnose_gap(gap, SAMPLES))


def test_a_gap_that_shrinks_moves_or_is_noise():
    time = np.linspace(0, 1, NUM_ROWS)
    for gap in (2 - time, 1 + time, noisy(0.1, sd=0.1), noisy(-2)):
        assert NAME not in names(diagnose_gap(gap, 3 * SAMPLES))
