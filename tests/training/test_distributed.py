"""Training in several processes with `jax.distributed`, on one machine."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from training.distributed_process import TIMEOUT

from advnet import training
from advnet.training import _processes
from advnet.training._processes import EXIT_PROCESS_LOST

SCRIPT = Path(__file__).with_name("distributed_process.py")


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def launch(num, folder, num_steps, failing=-1):
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    return [
        subprocess.Popen(
            [
                sys.executable,
                SCRIPT,
                *map(str, (port, num, i, folder, num_steps, failing)),
            ],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for i in range(num)
    ]


def finish(processes, seconds=150):
    """Wait for all processes; kill all of them if one does not end in time."""
    try:
        for process in processes:
            _, errors = process.communicate(timeout=seconds)
            assert process.returncode == 0, errors.decode()[-2000:]
    finally:
        kill(processes)


def kill(processes):
    for process in processes:
        process.kill()
        process.communicate()


def read_parameters(folder, index=0):
    with np.load(folder / f"{index}.npz") as arrays:
        return [arrays[name] for name in arrays.files]


@pytest.mark.slow
@pytest.mark.parametrize("num", [2, 4])
def test_several_processes_equal_a_single_process(tmp_path, num):
    """Sums are computed in another order, so 20 steps agree to 1e-5."""
    finish(launch(1, tmp_path / "single", 20))
    finish(launch(num, tmp_path / "several", 20))
    expected = read_parameters(tmp_path / "single")
    for index in range(num):
        parameters = read_parameters(tmp_path / "several", index)
        for a, b in zip(parameters, expected, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("failing", [1, 0])
def test_the_error_of_one_process_ends_all(tmp_path, failing):
    processes = launch(2, tmp_path, 100_000, failing)
    try:
        errors = [p.communicate(timeout=120)[1].decode() for p in processes]
    finally:
        kill(processes)
    assert processes[failing].returncode == 1
    assert "ZeroDivisionError" in errors[failing].splitlines()[-1]
    assert processes[1 - failing].returncode == EXIT_PROCESS_LOST
    assert errors[1 - failing].count("\n") == 1
    assert f"process {failing} of 2 failed (ZeroDivision" in errors[1 - failing]


@pytest.mark.slow
@pytest.mark.parametrize("killed", [1, 0])
def test_restart_after_a_process_was_killed(tmp_path, killed):
    processes = launch(2, tmp_path / "killed", 100_000)
    checkpoints = tmp_path / "killed" / "checkpoints"
    deadline = time.monotonic() + 120
    while not any(checkpoints.glob("[0-9]*[05]")) and time.monotonic() < deadline:
        time.sleep(0.1)
    processes[killed].kill()
    try:
        for survivor in set(processes) - {processes[killed]}:
            _, errors = survivor.communicate(timeout=TIMEOUT + 30)
            if killed == 0:  # JAX aborts the processes that its coordinator leaves
                assert survivor.returncode == -signal.SIGABRT
            else:
                assert survivor.returncode == EXIT_PROCESS_LOST
                assert errors.decode().count("\n") == 1
                assert "process 1 of 2 gave no sign of life for 4 s" in errors.decode()
    finally:
        kill(processes)
    steps = [int(path.name) for path in checkpoints.iterdir() if path.name.isdigit()]
    assert steps, "no checkpoint was written before the kill"
    end = max(steps) + 20
    finish(launch(2, tmp_path / "killed", end))
    finish(launch(2, tmp_path / "uninterrupted", end))
    folders = tmp_path / "killed", tmp_path / "uninterrupted"
    for a, b in zip(*map(read_parameters, folders), strict=True):
        np.testing.assert_array_equal(a, b)


class Store:
    """The key-value store of the coordinator, with another process that ends."""

    def __init__(self, reports):
        self.reports = iter(reports)
        self.written = []

    def key_value_set(self, key, value, allow_overwrite):
        self.written.append(value)

    def key_value_dir_get(self, folder):
        report = next(self.reports)
        if report is None:
            raise jax.errors.JaxRuntimeError("UNAVAILABLE")
        return [(f"{folder}1", report)]


@pytest.mark.parametrize(
    ("reports", "reason"),
    [
        (["1", "2", "2", "2", "2"], "process 1 of 1 gave no sign of life for 4 s"),
        (["1", None, None, None, None], "process 1 of 1 gave no sign of life for 4 s"),
        (["1", "failed: ValueError: x"], "process 1 of 1 failed (ValueError: x)"),
        (["1", "2", "3", "4", "5"], None),
        (["1", "ended", "ended", "ended", "ended"], None),
    ],
)
def test_a_process_that_failed_or_reports_nothing_new_is_lost(
    monkeypatch, reports, reason
):
    clock = iter(range(100))
    monkeypatch.setattr(_processes.time, "monotonic", lambda: next(clock))
    watch = _processes._Watch(Store(reports), timeout=4)
    lost = None
    for number in range(len(reports)):
        watch._exchange(str(number))
        lost = lost or watch._find_lost_process()
    assert lost == reason


def test_a_watch_needs_a_timeout_and_is_nothing_in_a_single_process():
    with training.watch_processes():
        names = [thread.name for thread in threading.enumerate()]
        assert "watch_processes" not in names
    message = "Expected timeout > 0, in seconds, got 0"
    with pytest.raises(ValueError, match=message), training.watch_processes(timeout=0):
        pass
