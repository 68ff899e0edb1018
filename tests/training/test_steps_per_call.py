"""Several steps in one call train in the same way; hooks run after each call."""

import jax
import numpy as np
import optax
import pytest

import advnet
from advnet import data, games, hooks, losses, modules, priors
from advnet.types import StackedBatches

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


def assert_close(actual, expected):
    """A loop is compiled differently from a single step, so results are rounded."""
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, actual.players, expected.players)


@pytest.mark.ci
@pytest.mark.parametrize(
    "steps_per_call", [4, *(pytest.param(n, marks=pytest.mark.ci) for n in (5, 100))]
)
def test_fused_steps_equal_single_steps(steps_per_call):
    fused = fit(num_steps=12, steps_per_call=steps_per_call)
    assert_close(fused, fit(num_steps=12))
    assert int(fused.step) == 12


@pytest.mark.ci
def test_fused_steps_on_stacked_batches():
    """The batch is a list of arrays, which must not be read as several batches."""
    step = lambda state, batch: ALGORITHM.train_step(state, batch[0])
    algorithm = ALGORITHM._replace(train_step=step)
    stacked = data.minibatches([batches(0), batches(1)], 4, key=jax.random.key(0))
    assert isinstance(stacked, StackedBatches)
    single = advnet.fit(algorithm, start(), stacked, num_steps=6)
    fused = advnet.fit(algorithm, start(), stacked, num_steps=6, steps_per_call=4)
    assert_close(fused, single)


def test_a_step_may_return_no_metrics():
    step = lambda state, batch: (ALGORITHM.train_step(state, batch)[0], {})
    algorithm = ALGORITHM._replace(train_step=step)
    state = advnet.fit(algorithm, start(), batches, num_steps=6, steps_per_call=3)
    assert int(state.step) == 6


def test_hooks_are_called_at_multiples_and_at_the_end():
    calls = []
    hook = lambda step, state, metrics: calls.append((step, int(state.step)))
    fit(num_steps=10, steps_per_call=4, hooks=[hook])
    assert calls == [(4, 4), (8, 8), (10, 10)]


def test_a_run_resumed_between_multiples_returns_to_them():
    steps = []
    hook = lambda step, state, metrics: steps.append(step)
    state = fit(num_steps=3)
    advnet.fit(ALGORITHM, state, batches, num_steps=10, steps_per_call=4, hooks=[hook])
    assert steps == [4, 8, 10]


def test_a_hook_whose_steps_would_be_missed_is_refused():
    log = hooks.periodic(6, lambda step, state, metrics: None)
    with pytest.raises(ValueError, match="every 6 steps.*steps_per_call=4"):
        fit(num_steps=12, steps_per_call=4, hooks=[log])
    fit(num_steps=12, steps_per_call=3, hooks=[log])
    with pytest.raises(ValueError, match="steps_per_call >= 1"):
        fit(num_steps=12, steps_per_call=0)


def test_several_fits_share_a_compiled_step():
    traces = []

    def counted_step(state, batch):
        traces.append(1)
        return ALGORITHM.train_step(state, batch)

    algorithm = ALGORITHM._replace(train_step=counted_step)
    state = advnet.fit(algorithm, start(), batches, num_steps=3)
    advnet.fit(algorithm, state, batches, num_steps=6)
    assert len(traces) == 1
