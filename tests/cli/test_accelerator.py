"""What the commands do where the device is no CPU, pretended."""

import numpy as np
import pytest

from advnet.cli import _experiment, _train
from advnet.cli._options import Fit

IMAGES = np.random.default_rng(0).uniform(size=(80, 8, 8, 1)).astype(np.float32)


class Device:
    platform = "gpu"
    device_kind = "pretended"

    def __init__(self, bytes_limit):
        self.memory_stats = lambda: {"bytes_limit": bytes_limit}


@pytest.fixture
def run(tmp_path):
    """A run of given schedules, on no folder."""
    np.save(tmp_path / "x.npy", IMAGES)

    def run(**schedules):
        options = Fit(data=tmp_path / "x.npy", steps=100, **schedules)
        return _train._Run(_experiment.experiment(options), options, *[None] * 3)

    return run


def test_on_a_cpu_steps_are_one_by_one(run):
    assert run()._steps_per_call == 1
    assert run(steps_per_call=7)._steps_per_call == 7


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [({}, 20), ({"checkpoint_every": 30}, 10), ({"metrics_every": 7}, 1)],
)
def test_elsewhere_calls_end_where_schedules_do(run, monkeypatch, schedules, expected):
    monkeypatch.setattr(_train.jax, "default_backend", lambda: "gpu")
    one = run(**schedules)
    assert one._steps_per_call == expected
    assert one._about(33) == round(33 / expected) * expected
    assert one._about(1) == expected


@pytest.mark.parametrize(("room", "resident"), [(2**20, True), (2**10, False)])
def test_data_go_to_a_device_that_has_room(run, monkeypatch, room, resident):
    held = run().made.batches
    monkeypatch.setattr(_experiment.jax, "devices", lambda: [Device(room)])
    batches = run().made.batches
    assert isinstance(batches.arrays, np.ndarray) != resident
    np.testing.assert_array_equal(batches(3), held(3))
