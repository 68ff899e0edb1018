"""The commands as a user types them."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from cli.conftest import IMAGES
from cli.running import BAD, start

from advnet import runs
from advnet.cli._commands import COMMANDS
from advnet.training._export import make_sampler


@pytest.mark.slow
def test_train_prints_the_score_beside_the_true_data(tmp_path):
    process = start("train", "mnist", "--steps=60", "--samples=300", cwd=tmp_path)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    for expected in ("samples", "true data", "nats", "of 10)", "60 steps"):
        assert expected in out
    run = runs.RunFolder(tmp_path / "runs" / "mnist-1")
    rows = run.read_evaluation().parzen.rows
    # Centers that are real digits are nearer to real digits than 60 steps can be.
    likelihood = lambda row: rows[row].log_likelihood.value
    assert likelihood("true data") > likelihood("samples") > -1000
    record = run.read_record()
    assert record.config["seed"] == 0
    assert record.provenance.versions["jax"] == jax.__version__


@pytest.mark.ci
def test_a_run_writes_what_it_says(finished):
    folder, out = finished
    names = {path.name for path in folder.iterdir() if path.name != ".lock"}
    assert names == {
        "best",
        "checkpoints",
        "config.json",
        "evaluation.json",
        "frames",
        "metrics.jsonl",
        "samples.npy",
        "samples.png",
        "scores.jsonl",
        "tensorboard",
    }
    for name in names:
        assert f"run/{name}" in out
    rows = (folder / "scores.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [30]
    rows = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [20, 40]
    assert len(list((folder / "frames").iterdir())) == 20
    assert "a DCGAN for 8 x 8 x 1 images" in out


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(advnet, name):
    code, out, _ = advnet(name, "--help")
    assert code == 0
    assert f"advnet {name}" in out.split("usage")[1].split("\n", 1)[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train", "mnits"], "invalid choice 'mnits'"),
        (["train", "mnist", "--data-dir", "full"], "full"),
        (["train", "mnist", "--run", "full"], "not empty"),
        (["fit", "nowhere.npy"], "no file or folder nowhere.npy"),
        (["fit", "text.npy"], "text.npy"),
        (["fit", "few.npy"], "at least 10 examples, got 3"),
        (["fit", "nan.npy"], "nan at index [1, 0]"),
        (["fit", "two.npz"], "say which with --key"),
        (["fit", "ok.npy", "--patience", "3", "--steps", "2"], "Set score_every too"),
        (["fit", "ok.npy", "--steps", "0"], "steps >= 1"),
        (["fit", "ok.npy", "--epochs", "-1"], "epochs > 0"),
        (["fit", "ok.npy", "--score-every", "-1"], "score_every >= 0"),
        (["fit", "ok.npy", "--steps-per-call", "0"], "steps_per_call >= 1"),
        (["fit", "ok.npy", "--steps", "many"], "steps"),
        (["fit", "ok.npy", "--metrics-every", "0"], "metrics_every >= 1"),
        (["fit", "ok.npy", "--checkpoint-every", "0", "--dry-run"], "checkpoint_every"),
        (["fit", "ok.npy", "--steps-per-call", "7"], "multiple of steps_per_call=7"),
        (["fit", "ok.npy", "--seed", "-1"], "seed >= 0"),
        (["sample", "full", "--num", "0"], "num >= 1"),
        (["interpolate", "full", "--rows", "0"], "rows >= 1"),
        (["evaluate", "full", "--samples", "ok.npy"], "leave out --samples"),
        (
            ["evaluate", "--samples", "ok.npy", "--reference", "three.npy"],
            "shape (3,), as in three.npy",
        ),
        (["evaluate"], "Give a run folder, or --samples"),
        (["evaluate", "full"], "full is not a run folder"),
        (["evaluate", "--samples", "ok.npy", "--reference", "nan.npy"], "nan.npy"),
        (
            [
                "evaluate",
                *["--samples", "ok.npy", "--reference", "ok.npy", "--metrics", "fid"],
            ],
            "No metric named 'fid'. Known",
        ),
        (["evaluate", "--samples", "few.npy"], "--reference FILE"),
        (["report", "full"], "full is not a run folder"),
        (["resume", "full"], "full is not a run folder"),
    ],
)
def test_bad_input_is_one_line_and_exits_with_2(
    advnet, tmp_path, monkeypatch, arguments, expected
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "text.npy").write_text("not an array")
    np.save("few.npy", np.zeros((3, 2)))
    np.save("ok.npy", np.zeros((30, 2)))
    np.save("three.npy", np.zeros((30, 3)))
    np.save("nan.npy", np.array([[0.0], [np.nan]] * 10))
    np.savez("two.npz", a=np.zeros((20, 2)), b=np.zeros((20, 2)))
    code, out, errors = advnet(*arguments)
    assert code == BAD, out + errors
    assert "Traceback" not in errors
    # A terminal's frame may break the line; words are what counts.
    assert expected in " ".join((out + errors).replace("│", " ").split())


def test_dry_run_says_everything_and_writes_nothing(advnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.random.default_rng(0).normal(size=(100, 5)))
    code, out, _ = advnet("fit", "x.npy", "--dry-run")
    assert code == 0
    for expected in (
        "vectors of 5 values",
        "parameters",
        "MiB",
        "ms a step",
        "minutes",
    ):
        assert expected in out
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.ci
def test_evaluate_of_files(advnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a, b = np.random.default_rng(0).normal(size=(2, 300, 2))
    np.save("a.npy", a + 1)
    np.save("b.npy", b)
    code, out, errors = advnet(
        *["evaluate", "--samples", "a.npy", "--reference", "b.npy", "--json", "t.json"]
    )
    assert code == 0, errors
    for expected in ("Fréchet", "precision", "two-sample accuracy", "±", "300, 300"):
        assert expected in out
    rows = json.loads((tmp_path / "t.json").read_text())["results"]
    frechet = next(row for row in rows if row["name"] == "Fréchet distance")
    assert abs(frechet["value"] - 2.0) < 4 * frechet["standard_error"]


@pytest.mark.ci
def test_evaluate_of_a_run(advnet, run, tmp_path):
    before = (run / "evaluation.json").read_text()
    table = tmp_path / "table.json"
    options = ["--metrics", "sliced_wasserstein", "--json", table]
    code, out, errors = advnet("evaluate", run, *options)
    assert code == 0, errors
    assert "true data" in out
    selection = json.loads(table.read_text())
    assert [row["name"] for row in selection["results"]] == ["sliced Wasserstein-2²"]
    assert (run / "evaluation.json").read_text() == before  # a selection is not stored


@pytest.mark.ci
def test_sample_and_interpolate(advnet, run, tmp_path):
    code, _, errors = advnet("sample", run, "--num", 5, "--out", tmp_path / "s.npy")
    assert code == 0, errors
    assert np.load(tmp_path / "s.npy").shape == (5, *IMAGES.shape[1:])
    line = tmp_path / "line.npy"
    advnet("interpolate", run, "--rows", 2, "--columns", 5, "--out", line)
    assert np.load(line).shape == (2, 5, *IMAGES.shape[1:])
    code, _, _ = advnet("interpolate", run, "--out", tmp_path / "line.png")
    assert code == 0
    assert (tmp_path / "line.png").stat().st_size > 100
    code, _, errors = advnet("sample", run, "--out", tmp_path / "s.jpg")
    assert code == BAD
    assert ".npy, or in .png" in errors


@pytest.mark.ci
def test_the_exported_sampler_needs_no_advnet(advnet, run, tmp_path):
    code, _, errors = advnet("export", run, "--out", tmp_path / "sampler.jax")
    assert code == 0, errors
    script = (
        "import sys, jax, numpy as np\n"
        "sampler = jax.export.deserialize(open('sampler.jax', 'rb').read())\n"
        "keys = jax.random.split(jax.random.key(0), 7)\n"
        "np.save('x.npy', sampler.call(jax.random.key_data(keys)))\n"
        "assert 'advnet' not in sys.modules and 'flax' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    opened = runs.open(run)
    sampler = make_sampler(opened.game, opened.state, average=True)
    want = sampler(jax.random.key_data(jax.random.split(jax.random.key(0), 7)))
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), want, atol=1e-6)


@pytest.mark.ci
def test_report(advnet, run):
    code, out, errors = advnet("report", run)
    assert code == 0, errors
    page = (run / "report.html").read_text()
    for expected in (
        "Nearest",
        "Interpolation",
        "true data",
        "rules applied",
        "images",
    ):
        assert expected.lower() in page.lower()


def test_recipes(advnet):
    code, out, _ = advnet("recipes")
    assert code == 0
    assert "mnist_2014" in out


def test_the_traceback_of_an_error_can_be_asked_for(advnet, tmp_path, monkeypatch):
    monkeypatch.setenv("ADVNET_TRACEBACK", "1")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        advnet("report", tmp_path / "nowhere")
