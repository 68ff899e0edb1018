"""Runs on several simulated devices: results, defaults, records and resuming."""

import jax
import numpy as np
import pytest

from advnet import runs
from advnet.runs import Config, _devices

X = np.random.default_rng(0).normal(size=(100, 3))
LABELS = np.arange(100) % 2
SETTINGS = {"batch_size": 16, "k": 2, "width": 32, "loss": "hinge"}


@pytest.fixture(autouse=True)
def standard_promotion():
    """optax.adam promotes its counters."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def config(folder, **changes):
    options = {"data": X, "labels": LABELS, "steps": 4, "samples": 30}
    return Config(run=folder, **SETTINGS | options | changes)


def values(state):
    """Return the parameters and averages of all players."""
    trees = [(p.variables.params, p.average) for p in state.players.values()]
    return jax.device_get(jax.tree.leaves(trees))


def assert_close(state, expected, atol=1e-5):
    for a, b in zip(values(state), values(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=atol)


@pytest.mark.ci
def test_four_devices_give_the_run_of_one(tmp_path):
    one = runs.train(config(tmp_path / "one", devices=1))
    four = runs.start(config(tmp_path / "four", devices=4))
    state = four.train()
    leaf = jax.tree.leaves(state.players)[0]
    assert len(leaf.sharding.device_set) == 4
    assert_close(state, one.state)
    samples = [run.sample(10, condition=1) for run in (one, four)]
    np.testing.assert_allclose(*samples, atol=1e-3)
    assert four.folder.read_record().devices == 4
    # It goes on with another number, and says what that means.
    longer = runs.open(tmp_path / "four", data=X, labels=LABELS, devices=2, steps=6)
    assert longer.notes == [
        "The run was started on 4 devices and goes on with 2: results agree to "
        "rounding, not to the bit."
    ]
    expected = runs.open(tmp_path / "one", data=X, labels=LABELS, steps=6)
    assert expected.notes == []
    assert_close(longer.train(), expected.train())
    assert runs.open(tmp_path / "four", data=X, labels=LABELS).sample(3).shape == (3, 3)


@pytest.mark.ci
def test_bytes_are_split_over_the_devices(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 5, 5, 3), np.uint8)
    states = [
        runs.start(
            config(tmp_path / str(n), data=pixels, labels=None, devices=n)
        ).train()
        for n in (1, 4)
    ]
    # Adam moves parameters with tiny gradients by their rounding, in units of 2e-4.
    assert_close(*states, atol=1e-4)


@pytest.mark.parametrize(("batch_size", "num"), [(16, 8), (6, 6), (11, 2), (10, 5)])
def test_all_devices_that_divide_a_batch_train_by_default(
    tmp_path, monkeypatch, batch_size, num
):
    monkeypatch.setattr(_devices, "default_devices", jax.local_devices)
    run = runs.start(config(tmp_path / "run", batch_size=batch_size))
    assert run.experiment.num_devices == num  # of 8; a step has 2 batches
    assert run.folder.read_record().devices == num


def test_the_plan_names_the_devices(tmp_path):
    plan = runs.plan(config(None, devices=2))
    assert "2 devices (cpu)" in str(plan)
