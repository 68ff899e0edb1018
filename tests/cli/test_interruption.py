"""Runs after an interruption, after NaN and after a second start."""

import json
import signal
import time

import numpy as np
import optax
import pytest
from cli.running import BAD, INTERRUPTED, NOT_FINITE, start

from advnet import dynamics, recipes, runs


@pytest.mark.ci
def test_the_same_command_resumes_and_a_changed_one_is_refused(advnet, finished):
    folder, _ = finished
    data = folder.parent / "images.npy"
    same = ["fit", data, "--run", folder, "--steps", "40", "--score-every", "10"]
    code, out, errors = advnet(*same)
    assert code == 0, errors
    assert "Resumed at step 40" in out
    code, _, errors = advnet(*same, "--seed", "7")
    assert code == BAD
    assert "holds another run (seed 0 -> 7)" in errors
    assert "fork" in errors


@pytest.mark.ci
def test_resume_runs_longer(advnet, run):
    before = (run / "metrics.jsonl").read_text()
    code, out, errors = advnet("resume", run, "--steps", "60")
    assert code == 0, errors
    assert "Resumed at step 40" in out
    after = (run / "metrics.jsonl").read_text()
    assert after.startswith(before)
    assert json.loads(after.splitlines()[-1])["step"] == 60


def wait_for(path, process, seconds=200):
    deadline = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.ci
def test_signals_save_what_there_is(tmp_path, number):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(100, 2)))
    process = start("fit", "x.npy", "--steps=1000000", "--run=run", cwd=tmp_path)
    wait_for(tmp_path / "run" / "metrics.jsonl", process)
    process.send_signal(number)
    out, errors = process.communicate(timeout=200)
    if number == signal.SIGTERM:
        assert process.returncode == INTERRUPTED
        assert "saved step" in errors
    else:
        assert process.returncode == 0, errors
        assert "Stopped at step" in out
    assert list((tmp_path / "run" / "checkpoints").iterdir())


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("checkpoints/200", marks=pytest.mark.slow),
        pytest.param("best/160", marks=pytest.mark.ci),
    ],
)
def test_a_killed_run_ends_as_one_never_killed(tmp_path, after):
    """The same command ends with the same bytes in every file of numbers.

    A run that is killed after a score and before the next checkpoint scores that step
    again.
    """
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(320, 3)))
    arguments = ["fit", "x.npy", "--steps=400", "--checkpoint-every=100"]
    arguments += ["--samples=64", "--score-every=40"]  # of 4 steps each
    whole = start(*arguments, "--run=whole", cwd=tmp_path)
    _, errors = whole.communicate(timeout=300)
    assert whole.returncode == 0, errors
    killed = start(*arguments, "--run=killed", cwd=tmp_path)
    wait_for(tmp_path / "killed" / after, killed)
    killed.kill()
    killed.communicate()
    again = start(*arguments, "--run=killed", cwd=tmp_path)
    out, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    assert "Resumed at step" in out
    for name in ("metrics.jsonl", "scores.jsonl", "samples.npy", "evaluation.json"):
        one, other = (tmp_path / run / name for run in ("whole", "killed"))
        assert one.read_bytes() == other.read_bytes(), name


@pytest.mark.ci
def test_a_run_that_overflows_exits_with_3(advnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def reckless(x):
        recipe = recipes.for_data(x)
        algorithm = dynamics.alternating(recipe.game, optax.sgd(1e30))
        return recipe._replace(algorithm=algorithm)

    spec = recipes.USER_DATA._replace(make=reckless)
    monkeypatch.setattr(runs.Config, "spec", spec)
    np.save("x.npy", np.random.default_rng(0).normal(size=(50, 2)))
    code, _, errors = advnet("fit", "x.npy", "--steps", "40", "--run", "run")
    assert code == NOT_FINITE
    assert "at step" in errors
    assert "Traceback" not in errors
    assert not list((tmp_path / "run" / "checkpoints").iterdir())
