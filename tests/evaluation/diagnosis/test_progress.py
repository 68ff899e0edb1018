"""Rule for runs that end while their score still rises, on synthetic scores."""

import numpy as np
import pytest
from evaluation.diagnosis.metrics import single_finding

from advnet.evaluation.diagnosis import diagnose

NAME = "still improving"
STEPS = 100 * np.arange(1, 21)


def diagnose_scores(scores, steps=STEPS):
    return diagnose({}, scores=list(zip(steps, scores, strict=True)))


@pytest.mark.parametrize("first", [0.0, -1e6])
def test_a_score_that_rises_until_the_end(first):
    """The score of an untrained generator sets no scale."""
    scores = np.linspace(0, 1, 20)
    scores[0] = first
    finding = single_finding(diagnose_scores(scores), NAME)
    assert finding.value == pytest.approx(0.6, abs=0.15)
    assert "0.53 per 1,000 steps" in finding.observation
    assert "at step 2,000" in finding.observation
    assert "--epochs" in finding.advice


@pytest.mark.parametrize("seed", range(5))
def test_a_plateau_and_noise_are_not_progress(seed):
    noise = 0.03 * np.random.default_rng(seed).normal(size=20)
    assert not diagnose_scores(1 - np.exp(-STEPS / 200) + noise).findings
    assert not diagnose_scores(noise).findings
    assert not diagnose_scores(-STEPS + noise).findings


def test_few_scores_are_not_judged():
    diagnosis = diagnose_scores(np.arange(9.0), STEPS[:9])
    assert "10 scores, got 9" in diagnosis.not_applied[NAME]
    scores = np.where(np.arange(20) < 11, np.nan, np.arange(20.0))
    assert "got 9" in diagnose_scores(scores).not_applied[NAME]
    same = diagnose_scores(np.arange(20.0), np.ones(20))
    assert "one step" in same.not_applied[NAME]
