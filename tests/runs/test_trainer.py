"""Restoring a checkpoint finds every file of the run as it was at that step."""

import contextlib
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from advnet import runs
from advnet.runs import Config, Run
from advnet.runs._trainer import Trainer


@pytest.fixture
def trainer(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    run = runs.start(Config(data=x, run=tmp_path / "run", steps=100))
    run.folder.frames.mkdir()
    with contextlib.ExitStack() as stack:
        newest = stack.enter_context(run.folder.open_newest(run.id))
        best = stack.enter_context(run.folder.open_best(run.id))
        yield Trainer(run.experiment, run.config, run.folder, newest, best)


def reopened(trainer):
    """The run as a new process would open it."""
    trainer.newest.wait()
    trainer.best.wait()
    return Run(trainer.config, trainer.folder, trainer.experiment)


def test_the_best_state_of_every_checkpoint_is_kept(trainer):
    start = trainer.experiment.initial_state()
    at = lambda step: replace(start, step=jnp.asarray(step, jnp.int32))
    trainer.keep_best(at(4))
    trainer.keep_best(at(8))
    trainer.newest.save(at(10))
    trainer.keep_best(at(11))
    trainer.newest.save(at(20))
    trainer.keep_best(at(25))
    trainer.keep_best(at(27))
    assert trainer.best.steps == [8, 11, 27]
    for step in (20, 24):
        np.save(trainer.folder.frames / f"{step:08d}.npy", np.zeros(1))
    # After NaN: nothing of the steps after the checkpoint may remain.
    assert int(trainer.restore().step) == 20
    assert trainer.best.steps == [8, 11]
    assert [path.stem for path in trainer.folder.frames.iterdir()] == ["00000020"]
    assert int(reopened(trainer).state.step) == 11


def test_without_a_score_the_state_is_the_newest(trainer):
    start = trainer.experiment.initial_state()
    trainer.newest.save(replace(start, step=jnp.asarray(5, jnp.int32)))
    assert int(reopened(trainer).state.step) == 5


def test_without_a_checkpoint_training_starts_anew(trainer):
    assert int(trainer.restore().step) == 0
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        _ = reopened(trainer).state
