"""The evaluation of a run."""

import numpy as np
import pytest

from advnet import evaluation, runs
from advnet.evaluation import METRICS
from advnet.reporting._tables import tables
from advnet.runs import Config, _evaluation, _experiment
from advnet.runs._evaluation import evaluate_state
from advnet.runs._experiment import Experiment

X = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)


def test_a_wrong_row_of_the_table_of_metrics_is_refused_by_name(tmp_path, monkeypatch):
    run = runs.start(Config(data=X, run=tmp_path / "run", samples=30))
    monkeypatch.setitem(METRICS, "mine", len)
    monkeypatch.setattr(Experiment, "sample", lambda *args, **options: X[:30])
    state = run.experiment.initial_state()
    with pytest.raises(TypeError, match="'mine'. to be a Metric"):
        evaluate_state(run.experiment, state, run.folder, metrics=("mine",))


def test_large_images_are_drawn_in_blocks_and_have_no_parzen_window(
    tmp_path, monkeypatch
):
    """One call for all of them, or the window's copies, would fill the memory."""
    images = np.random.default_rng(0).uniform(size=(60, 8, 8, 1)).astype(np.float32)
    run = runs.start(Config(data=images, run=tmp_path / "run", samples=30))
    state = run.experiment.initial_state()
    monkeypatch.setattr(_experiment, "_MAX_VALUES", 8 * 64)
    sizes = []
    draw = _experiment.games.sample

    def sample(game, state, key, num, **options):
        sizes.append(num)
        return draw(game, state, key, num, **options)

    monkeypatch.setattr(_experiment.games, "sample", sample)
    assert len(run.experiment.sample(state, 30)) == 30
    assert sizes == [8] * 4
    monkeypatch.setattr(_evaluation, "_MAX_PARZEN_VALUES", 63)
    table = _evaluation._parzen_table(run.experiment, images)
    assert "Left out for examples of 64 values" in table.notes[0]


def test_scores_of_too_few_examples_are_refused_before_training(tmp_path):
    few = Config(data=X[:100], run=tmp_path / "run", score_every=1)
    with pytest.raises(ValueError, match="at least 20 validation examples .*, got 10"):
        runs.start(few)
    assert not (tmp_path / "run").exists()


def test_a_failed_part_leaves_the_other_results(tmp_path, monkeypatch):
    images = np.random.default_rng(0).uniform(size=(300, 8, 8, 1)).astype(np.float32)
    run = runs.start(Config(data=images, run=tmp_path / "run", samples=30))

    def fail(*args, **options):
        raise ValueError("too odd.")

    monkeypatch.setattr(Experiment, "sample", lambda *args, **options: images[:30])
    monkeypatch.setattr(evaluation.parzen, "table", fail)
    monkeypatch.setattr(evaluation.diagnosis, "diagnose", fail)
    state = run.experiment.initial_state()
    result = evaluate_state(run.experiment, state, run.folder, metrics=("frechet",))
    assert [metric.failure for metric in result.results] == [None]
    assert result.parzen.notes == ("The Parzen window failed: too odd.",)
    assert result.diagnosis.not_applied == {"all rules": "too odd"}
    assert tables(result).parzen_size == ""


def test_the_diagnosis_receives_classes_conditions_and_scores(tmp_path, monkeypatch):
    labels = np.arange(300) % 3
    run = runs.start(Config(data=X, labels=labels, run=tmp_path / "run", samples=30))
    arguments = {}

    def diagnose(metrics, **options):
        arguments.update(options)
        raise ValueError("only the arguments matter")

    monkeypatch.setattr(Experiment, "sample", lambda *args, **options: X[:30])
    monkeypatch.setattr(evaluation.diagnosis, "diagnose", diagnose)
    monkeypatch.setattr(runs.RunFolder, "read_scores", lambda folder: [(1, 0.5)])
    state = run.experiment.initial_state()
    evaluate_state(run.experiment, state, run.folder, metrics=("frechet",))
    assert len(arguments["labels"]) == len(arguments["data"])
    assert len(arguments["conditions"]) == 30
    assert {*arguments["conditions"]} <= {*arguments["labels"]} == {"0", "1", "2"}
    assert arguments["scores"] == [(1, 0.5)]
    assert arguments["features"].__name__ == "standardized values"
