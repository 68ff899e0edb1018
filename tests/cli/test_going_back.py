"""What a run keeps, so that going back to a checkpoint finds all as it was then."""

import contextlib
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from advnet.cli._experiment import experiment, newest_or_best
from advnet.cli._folder import open_folder
from advnet.cli._options import Fit
from advnet.cli._train import _Run
from advnet.training import Checkpoints


@pytest.fixture
def run(tmp_path):
    data = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    np.save(tmp_path / "x.npy", data)
    options = Fit(data=tmp_path / "x.npy", run=tmp_path / "run", steps=100)
    folder = open_folder(options, "x")
    folder.frames.mkdir()
    with contextlib.ExitStack() as stack:
        newest = stack.enter_context(Checkpoints(folder.checkpoints))
        best = stack.enter_context(Checkpoints(folder.best, keep=None))
        yield _Run(experiment(options), options, folder, newest, best)


def test_the_best_as_of_every_checkpoint_is_kept(run):
    start = run.made.start()
    at = lambda step: replace(start, step=jnp.asarray(step, jnp.int32))
    run._keep(at(4))
    run._keep(at(8))
    run.newest.save(at(10))
    run._keep(at(11))
    run.newest.save(at(20))
    run._keep(at(25))
    run._keep(at(27))
    assert run.best.steps == [8, 11, 27]
    for step in (20, 24):
        np.save(run.folder.frames / f"{step:08d}.npy", np.zeros(1))
    # From NaN: what came after the checkpoint is not to come again.
    assert int(run.go_back().step) == 20
    assert run.best.steps == [8, 11]
    assert [path.stem for path in run.folder.frames.iterdir()] == ["00000020"]
    run.best.wait()
    assert int(newest_or_best(run.folder, run.made).step) == 11


def test_without_a_score_it_is_the_newest(run):
    run.newest.save(replace(run.made.start(), step=jnp.asarray(5, jnp.int32)))
    run.newest.wait()
    assert int(newest_or_best(run.folder, run.made).step) == 5


def test_without_a_checkpoint_it_starts(run):
    assert int(run.go_back().step) == 0
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        newest_or_best(run.folder, run.made)
