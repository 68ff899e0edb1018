"""Broken runs are named right, healthy ones are left alone; minutes on one core.

Every run is three seeds (the recipe's is one), of seconds each. A run may have more
wrong with it than what was broken; nothing else may be named.
"""

import jax
import numpy as np
import pytest
from learning.broken_runs import BROKEN
from learning.healthy_runs import HEALTHY

from advnet.evaluation.diagnosis import diagnose

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def standard_promotion():
    """Optax raises a Python float to the power of its int32 step counter."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def look(run, num=500):
    return diagnose(
        run.metrics,
        samples=run.samples[:num],
        data=run.data,
        held_out=run.held_out,
        output_range=run.output_range,
    )


@pytest.mark.parametrize("train", BROKEN, ids=lambda train: train.__name__)
def test_broken_runs_are_named(train):
    expected, *others = BROKEN[train]
    for run in train()[-1]:
        for num in (256, 500):
            got = look(run, num)
            names = {verdict.name for verdict in got.verdicts}
            assert expected in names, str(got)
            assert names <= {expected, *others}, str(got)


@pytest.mark.parametrize("train", HEALTHY, ids=lambda train: train.__name__)
def test_healthy_runs_are_left_alone(train):
    for seeds in train():
        for run in seeds:
            for num in (256, 500):
                got = look(run, num)
                assert not got.verdicts, str(got)
    for run in seeds:
        rows = len(run.metrics["generator/loss"])
        for stop in (20, 50, 100, 200, 500, 1_000, 2_000):
            for every in (1, 10):
                got = thinned(run.metrics, min(stop, rows), every)
                assert not got.verdicts, f"{stop} rows, every {every}: {got}"


def thinned(metrics, stop, every):
    """The metrics alone, as they stood at a step, written every so often."""
    seen = {name: x[:stop:every] for name, x in metrics.items()}
    return diagnose(seen, step=np.arange(1, stop + 1)[::every])


def test_of_nan_it_says_when_and_in_whom():
    broken = {train.__name__: train for train in BROKEN}
    for run in broken["moons_nan_in_data"]()[-1]:
        (verdict,) = look(run).verdicts
        assert "step 601" in verdict.says
        assert "the batch of that step" in verdict.advice
