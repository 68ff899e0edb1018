"""Several steps in one call: the same training, and hooks at the ends of calls."""

import jax
import numpy as np
import optax
import pytest

import advnet
from advnet import data, games, hooks, losses, modules, priors

GAME = games.gan(
    modules.MLPGenerator(shape=(2,), hidden=(8,), output=lambda x: x),
    modules.MLPDiscriminator(hidden=(8,), noise=0.0),
    priors.normal(2),
    loss=losses.non_saturating(),
)
ALGORITHM = advnet.alternating(GAME, optax.sgd(0.05))


def batches(step):
    return np.random.default_rng(step).normal(size=(8, 2)).astype(np.float32)


def start():
    return ALGORITHM.init(jax.random.key(0), batches(0))


def fit(**options):
    return advnet.fit(ALGORITHM, start(), batches, **options)


@pytest.mark.parametrize(("steps", "num"), [(4, 12), (5, 12), (100, 12)])
def test_same_training(steps, num):
    """To rounding: a loop is compiled otherwise than a step."""
    one, fused = fit(num_steps=num), fit(num_steps=num, steps_per_call=steps)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, one.players, fused.players)
    assert int(fused.step) == num


def test_same_training_on_batches_gathered_together():
    """A list of arrays: it is the batch, not several of them."""
    step = lambda state, batch: ALGORITHM.train_step(state, batch[0])
    listed = ALGORITHM._replace(train_step=step)
    held = data.minibatches([batches(0), batches(1)], 4, key=jax.random.key(0))
    one = advnet.fit(listed, start(), held, num_steps=6)
    fused = advnet.fit(listed, start(), held, num_steps=6, steps_per_call=4)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, one.players, fused.players)


def test_metrics_may_be_none():
    step = lambda state, batch: (ALGORITHM.train_step(state, batch)[0], {})
    silent = ALGORITHM._replace(train_step=step)
    state = advnet.fit(silent, start(), batches, num_steps=6, steps_per_call=3)
    assert int(state.step) == 6


def test_hooks_are_called_at_multiples_and_at_the_end():
    seen = []
    hook = lambda step, state, metrics: seen.append((step, int(state.step)))
    fit(num_steps=10, steps_per_call=4, hooks=[hook])
    assert seen == [(4, 4), (8, 8), (10, 10)]


def test_resuming_between_multiples_comes_back_to_them():
    seen = []
    hook = lambda step, state, metrics: seen.append(step)
    state = fit(num_steps=3)
    advnet.fit(ALGORITHM, state, batches, num_steps=10, steps_per_call=4, hooks=[hook])
    assert seen == [4, 8, 10]


def test_a_hook_that_would_be_jumped_over_is_refused():
    log = hooks.periodic(6, lambda step, state, metrics: None)
    with pytest.raises(ValueError, match="every 6 steps.*steps_per_call=4"):
        fit(num_steps=12, steps_per_call=4, hooks=[log])
    fit(num_steps=12, steps_per_call=3, hooks=[log])
    with pytest.raises(ValueError, match="steps_per_call >= 1"):
        fit(num_steps=12, steps_per_call=0)


def test_one_compilation_serves_several_fits():
    traces = []

    def counted(state, batch):
        traces.append(1)
        return ALGORITHM.train_step(state, batch)

    algorithm = ALGORITHM._replace(train_step=counted)
    state = advnet.fit(algorithm, start(), batches, num_steps=3)
    advnet.fit(algorithm, state, batches, num_steps=6)
    assert len(traces) == 1
