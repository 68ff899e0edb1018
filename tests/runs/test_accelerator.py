"""Runs on a device other than a CPU, which these tests pretend to have."""

import numpy as np
import pytest

from advnet.runs import Config, _build, _trainer

IMAGES = np.random.default_rng(0).uniform(size=(80, 8, 8, 1)).astype(np.float32)


class Device:
    platform = "gpu"
    device_kind = "pretended"

    def __init__(self, bytes_limit):
        self.memory_stats = lambda: {"bytes_limit": bytes_limit}


def trainer(**schedules):
    """A trainer with the given schedules and no folder."""
    config = Config(data=IMAGES, steps=100, **schedules)
    experiment = _build.make_experiment(config, _build.load_dataset(config))
    return _trainer.Trainer(experiment, config, *[None] * 3)


def test_on_a_cpu_each_call_is_one_step():
    assert trainer().steps_per_call == 1
    assert trainer(steps_per_call=4).steps_per_call == 4


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [({}, 20), ({"checkpoint_every": 30}, 10), ({"metrics_every": 7}, 1)],
)
def test_on_a_gpu_calls_end_where_the_schedules_do(monkeypatch, schedules, expected):
    monkeypatch.setattr(_trainer.jax, "default_backend", lambda: "gpu")
    of_schedules = trainer(**schedules)
    assert of_schedules.steps_per_call == expected
    assert of_schedules.round_to_calls(33) == round(33 / expected) * expected
    assert of_schedules.round_to_calls(1) == expected


@pytest.mark.parametrize(("room", "resident"), [(2**20, True), (2**10, False)])
def test_data_move_to_a_device_that_has_room(monkeypatch, room, resident):
    on_host = trainer().experiment.batches
    monkeypatch.setattr(_build.jax, "devices", lambda: [Device(room)])
    batches = trainer().experiment.batches
    assert isinstance(batches.arrays, np.ndarray) != resident
    np.testing.assert_array_equal(batches(3), on_host(3))
