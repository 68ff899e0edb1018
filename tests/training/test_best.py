"""The state with the best score is kept."""

import contracts
import jax
import numpy as np
import pytest

import advnet
from advnet import hooks
from advnet.training import Checkpoints, fit

ALGORITHM = advnet.alternating(contracts.gan(), contracts.OPTIMIZER)
BATCH = contracts.BATCH


def start():
    return ALGORITHM.init(jax.random.key(0), BATCH)


def train(num_steps, *training_hooks):
    batches = lambda step: BATCH + 0.01 * step
    return fit(ALGORITHM, start(), batches, num_steps=num_steps, hooks=training_hooks)


def test_best_keeps_a_copy_and_stops():
    scores = iter([1.0, 5.0, float("nan"), 2.0, 9.0])
    best = hooks.Best(lambda state: next(scores), every=2, patience=2)
    end = train(40, best)
    assert (int(end.step), best.step, best.score) == (8, 4, 5.0)
    expected = train(4)
    jax.tree.map(np.testing.assert_array_equal, best.state.players, expected.players)


def test_best_of_distances_is_the_smallest():
    scores = iter([3.0, 1.0, 2.0])
    best = hooks.Best(lambda state: next(scores), every=1, lower_is_better=True)
    train(3, best)
    assert (best.step, best.score, len(best.history)) == (2, 1.0, 3)


def test_best_can_keep_states_on_disk(tmp_path):
    with Checkpoints(tmp_path, keep=1) as checkpoints:
        scores = iter([1.0, 2.0, 0.0])
        best = hooks.Best(lambda state: next(scores), every=1, keep=checkpoints.save)
        train(3, best)
        assert best.state is None
        assert int(checkpoints.restore(start()).step) == 2


def test_best_without_scores_raises():
    with pytest.raises(ValueError, match="Nothing was scored yet"):
        _ = hooks.Best(lambda state: 0.0, every=5).score
