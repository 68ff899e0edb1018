"""`advnet train` as a user runs it: in a process of its own."""

import json
import signal
import subprocess
import sys
import time

import pytest

ADVNET = [sys.executable, "-c", "from advnet.cli import main; main()"]


def advnet(*arguments, cwd, **options):
    return subprocess.run(
        [*ADVNET, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run and its folder."""
    folder = tmp_path_factory.mktemp("cli")
    arguments = ["train", "mnist", "--steps", "60", "--samples", "300"]
    return advnet(*arguments, "--score-every", "1", cwd=folder), folder


def test_prints_the_score_beside_the_true_data(run):
    finished, _ = run
    assert finished.returncode == 0, finished.stderr
    for expected in ("samples", "true data", "nats", "of 10)", "60 steps"):
        assert expected in finished.stdout


def test_writes_what_it_says(run):
    finished, folder = run
    made = folder / "runs" / "mnist-1"
    names = {path.name for path in made.iterdir()}
    assert names == {
        "config.json",
        "metrics.jsonl",
        "result.json",
        "samples.png",
        "scores.jsonl",
        "state",
    }
    for name in names:
        assert str(made.relative_to(folder) / name) in finished.stdout
    result = json.loads((made / "result.json").read_text())
    assert result["step"] == 60
    # Centres that are real digits are nearer to real digits than 60 steps can be.
    likelihood = lambda row: result[row]["log_likelihood"]
    assert likelihood("true data") > likelihood("samples") > -1000
    rows = (made / "scores.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [40]
    config = json.loads((made / "config.json").read_text())
    assert config["options"]["seed"] == "0"


def test_interrupt_scores_what_there_is(tmp_path):
    process = subprocess.Popen(
        [*ADVNET, "train", "mnist", "--steps", "100000", "--samples", "100"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    metrics = tmp_path / "runs" / "mnist-1" / "metrics.jsonl"
    deadline = time.monotonic() + 200
    while not metrics.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "Stopped at step" in out
    assert "true data" in out
    assert (metrics.parent / "state").is_dir()


def test_unknown_recipe_exits_with_2(tmp_path):
    finished = advnet("train", "mnits", cwd=tmp_path)
    assert finished.returncode == 2
    assert "invalid choice 'mnits'" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("problem", ["data", "run"])
def test_bad_folders_are_one_line_and_exit_with_2(tmp_path, problem):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    option = {"data": "--data-dir", "run": "--run"}[problem]
    finished = advnet("train", "mnist", option, "full", cwd=tmp_path)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
    assert "full" in finished.stderr
