"""Output and signals that must not cost a result."""

import json
import os
import signal
import subprocess

import jax
import numpy as np
import pytest
from cli.running import ADVNET, BAD, INTERRUPTED, start
from cli.test_interruption import wait_for
from runs import tiny

from advnet import runs

# Orbax does not await the coroutine that reads a damaged file.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
]


@pytest.fixture
def tiny_run(tmp_path, monkeypatch):
    """The folder of a tiny run."""
    tiny.install(monkeypatch)
    with jax.numpy_dtype_promotion("standard"):
        np.save(tmp_path / "x.npy", tiny.X)
        folder = tmp_path / "run"
        tiny.complete(folder, data=tmp_path / "x.npy")
        yield folder


def test_a_path_is_not_markup(advnet, tiny_run, tmp_path):
    path = tmp_path / "[bold]a[" / "x].npy"
    code, out, errors = advnet("sample", tiny_run, "--out", path)
    assert code == 0, errors
    assert f"Written: {path}" in out
    code, _, errors = advnet("evaluate", tmp_path / "[" / "x]")
    assert code == BAD
    assert f"{tmp_path}/[/x] is not a run folder" in errors


def test_out_makes_its_folder(advnet, tiny_run, tmp_path):
    code, _, errors = advnet("sample", tiny_run, "--out", tmp_path / "new" / "s.npy")
    assert code == 0, errors
    assert (tmp_path / "new" / "s.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sample", "--seed", str(2**63)], "Expected seed <= 4294967295"),
        (["interpolate", "--seed", str(2**32)], "Expected seed <= 4294967295"),
    ],
)
def test_seeds_beyond_32_bits_are_refused(advnet, tiny_run, arguments, expected):
    code, _, errors = advnet(arguments[0], tiny_run, *arguments[1:])
    assert code == BAD
    assert expected in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.filterwarnings("default:Skipped")
def test_a_warning_and_an_error_are_one_line_each(advnet, tiny_run):
    for path in [*(tiny_run / "best").rglob("*"), *tiny_run.glob("checkpoints/*/*/*")]:
        if path.is_file():
            path.write_bytes(b"")
    code, _, errors = advnet("sample", tiny_run)
    assert code == BAD
    lines = errors.splitlines()
    assert all(line.startswith("advnet: ") for line in lines), errors
    assert "No checkpoint in" in lines[-1]


def test_a_second_interrupt_is_one_line(advnet, tiny_run, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.Run, "evaluate", interrupt)
    code, _, errors = advnet("evaluate", tiny_run)
    assert code == 130
    assert errors == "advnet: interrupted; the same command resumes.\n"


def test_no_memory_is_one_line(advnet, tiny_run, monkeypatch):
    def exhaust(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(runs.Run, "sample", exhaust)
    code, _, errors = advnet("sample", tiny_run)
    assert code == BAD
    assert "memory does not suffice" in errors


@pytest.mark.ci
def test_printing_cannot_lose_a_result(tmp_path):
    np.save(tmp_path / "x.npy", tiny.X)
    command = [*ADVNET, "fit", "x.npy", "--steps=20", "--samples=20", "--run"]
    process = subprocess.run(
        [*command, "ascii"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"ascii/evaluation.json" in process.stdout
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does after its last line
    process = subprocess.run(
        [*command, "pipe"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert process.returncode == 0, process.stderr
    for name in ("ascii", "pipe"):
        evaluation = json.loads((tmp_path / name / "evaluation.json").read_text())
        assert evaluation["step"] == 20


@pytest.mark.ci
def test_the_loss_of_the_terminal_saves_what_there_is(tmp_path):
    np.save(tmp_path / "x.npy", tiny.X)
    process = start("fit", "x.npy", "--steps=1000000", "--run=run", cwd=tmp_path)
    wait_for(tmp_path / "run" / "metrics.jsonl", process)
    process.send_signal(signal.SIGHUP)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == INTERRUPTED, errors
    assert "SIGHUP; saved step" in errors
