"""The evaluation of a run."""

import numpy as np
import pytest

from advnet import runs
from advnet.evaluation import METRICS
from advnet.runs import Config
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
