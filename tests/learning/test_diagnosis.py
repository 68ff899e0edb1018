"""Findings on real runs: broken runs get theirs, healthy runs get none.

The tests take minutes on one core. Most runs have three seeds of seconds each. A run
may have a second failure beside the intended one; any other finding fails the test.
Whether samples of these small networks are good is measured in benchmarks/diagnosis.py:
here rules that compare samples with real data may fire, as the samples are often poor.
"""

import jax
import numpy as np
import pytest
from learning.broken_runs import BROKEN
from learning.healthy_runs import HEALTHY

from advnet.evaluation.diagnosis import diagnose

pytestmark = pytest.mark.slow

QUALITY = {"low variety", "low fidelity", "told apart"}


@pytest.fixture(autouse=True)
def standard_promotion():
    """Allow Optax to raise a Python float to the power of its int32 step counter."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def diagnose_run(run, num_samples=500):
    return diagnose(
        run.metrics,
        samples=run.samples[:num_samples],
        data=run.data,
        held_out=run.held_out,
        output_range=run.output_range,
    )


def failures(diagnosis):
    """Return the names of the findings, without those on the quality of samples."""
    return {finding.name for finding in diagnosis.findings} - QUALITY


@pytest.mark.parametrize("train", BROKEN, ids=lambda train: train.__name__)
def test_broken_runs_get_their_finding(train):
    expected, *possible = BROKEN[train]
    for run in train()[-1]:
        for num_samples in (256, 500):
            diagnosis = diagnose_run(run, num_samples)
            names = failures(diagnosis)
            assert expected in names, str(diagnosis)
            assert names <= {expected, *possible}, str(diagnosis)


@pytest.mark.parametrize("train", HEALTHY, ids=lambda train: train.__name__)
def test_healthy_runs_get_no_finding(train):
    for seeds in train():
        for run in seeds:
            for num_samples in (256, 500):
                diagnosis = diagnose_run(run, num_samples)
                assert not failures(diagnosis), str(diagnosis)
    for run in seeds:
        num_rows = len(run.metrics["generator/loss"])
        for stop in (20, 50, 100, 200, 500, 1_000, 2_000):
            for every in (1, 10):
                diagnosis = diagnose_rows(run.metrics, min(stop, num_rows), every)
                assert not diagnosis.findings, f"{stop}, {every}: {diagnosis}"


def diagnose_rows(metrics, stop, every):
    """Diagnose the metrics up to a step, with one row for every `every` steps."""
    rows = {name: x[:stop:every] for name, x in metrics.items()}
    return diagnose(rows, step=np.arange(1, stop + 1)[::every])


def test_nan_in_the_data_is_dated_and_located():
    broken = {train.__name__: train for train in BROKEN}
    for run in broken["moons_nan_in_data"]()[-1]:
        diagnosis = diagnose_run(run)
        assert failures(diagnosis) == {"not finite"}
        finding = diagnosis.findings[0]
        assert "step 601" in finding.observation
        assert "the batch of that step" in finding.advice
