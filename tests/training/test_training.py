import json
import os
import signal

import chex
import contracts
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import BATCH

import advnet
from advnet import training
from advnet.training import StopTraining, hooks
from advnet.training._not_finite import is_finite
from advnet.types import Algorithm

ALGORITHM = advnet.alternating(contracts.gan(), contracts.OPTIMIZER)


def start():
    return ALGORITHM.init(jax.random.key(0), BATCH)


def batches(step):
    return BATCH + 0.01 * (step % 3)


def weights(state):
    return jax.tree.leaves([p.variables for p in state.players.values()])


def test_fit_is_the_plain_loop():
    state = expected = start()
    step = jax.jit(ALGORITHM.train_step)
    for i in range(20):
        expected, _ = step(expected, batches(i))
    got = training.fit(ALGORITHM, state, batches, num_steps=20)
    chex.assert_trees_all_equal(weights(got), weights(expected))
    assert int(got.step) == 20


def test_the_callers_state_stays_usable():
    state = start()
    before = jax.device_get(weights(state))
    training.fit(ALGORITHM, state, batches, num_steps=2)
    chex.assert_trees_all_equal(weights(state), before)


def test_stopping_and_going_on_changes_no_bit():
    whole = training.fit(ALGORITHM, start(), batches, num_steps=7)
    half = training.fit(ALGORITHM, start(), batches, num_steps=3)
    chex.assert_trees_all_equal(
        weights(training.fit(ALGORITHM, half, batches, num_steps=7)), weights(whole)
    )


def test_one_trace_over_several_fits():
    chex.clear_trace_counter()
    step = chex.assert_max_traces(ALGORITHM.train_step, n=1)
    algorithm = Algorithm(ALGORITHM.init, step)
    state = training.fit(algorithm, start(), batches, num_steps=3)
    training.fit(algorithm, state, batches, num_steps=6)


def test_hooks_see_every_step_and_can_stop():
    seen = []

    def hook(step, state, metrics):
        seen.append((step, int(state.step)))
        if step == 4:
            raise StopTraining

    state = training.fit(ALGORITHM, start(), batches, num_steps=9, hooks=[hook])
    assert seen == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert int(state.step) == 4


def test_interrupt_ends_after_the_step_and_is_restored():
    before = signal.getsignal(signal.SIGINT)

    def press(step, state, metrics):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with hooks.interruptible() as stop:
        state = training.fit(
            ALGORITHM, start(), batches, num_steps=99, hooks=[press, stop]
        )
    assert int(state.step) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_second_interrupt_is_the_ordinary_one():
    with hooks.interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_not_finite_is_named():
    poisoned = lambda step: batches(step) * (np.float32("nan") if step == 5 else 1)
    message = "discriminator/.* is nan at step 6"
    with pytest.raises(FloatingPointError, match=message):
        training.fit(
            ALGORITHM,
            start(),
            poisoned,
            num_steps=9,
            hooks=[hooks.stop_if_not_finite(every=1)],
        )


def test_metrics_file(tmp_path):
    path = tmp_path / "metrics.jsonl"
    hook = hooks.write_metrics(path, every=2)
    training.fit(ALGORITHM, start(), batches, num_steps=5, hooks=[hook])
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4]
    assert np.isfinite(rows[0]["generator/loss"])


def test_log_and_its_period(capsys):
    hook = hooks.log(every=2)
    training.fit(ALGORITHM, start(), batches, num_steps=4, hooks=[hook])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["step 2", "step 4"]
    with pytest.raises(ValueError, match="every >= 1, got 0"):
        hooks.log(every=0)


@pytest.mark.parametrize("case", ["averaged", "nnx-nnx", "linen-linen"])
def test_a_state_comes_back_bit_for_bit(case, tmp_path):
    _, algorithm = contracts.algorithm(case)
    step = jax.jit(algorithm.train_step)
    state = jax.jit(algorithm.init)(jax.random.key(3), BATCH)
    state, _ = step(state, BATCH)
    training.save(tmp_path / "state", state)
    abstract = jax.eval_shape(algorithm.init, jax.random.key(0), BATCH)
    restored = training.restore(tmp_path / "state", abstract)
    as_bits = lambda x: (
        jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x
    )
    chex.assert_trees_all_equal(
        jax.tree.map(as_bits, restored), jax.tree.map(as_bits, state)
    )
    onward, _ = step(restored, BATCH)
    expected, _ = step(state, BATCH)
    chex.assert_trees_all_equal(weights(onward), weights(expected))


def test_a_checkpoint_is_never_overwritten(tmp_path):
    training.save(tmp_path / "state", {"w": jnp.ones(2)})
    with pytest.raises(ValueError, match="exists"):
        training.save(tmp_path / "state", {"w": jnp.zeros(2)})


def test_run_directories_are_new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = [training.new_run_directory(None, "mnist").name for _ in range(2)]
    assert made == ["mnist-1", "mnist-2"]
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(FileExistsError, match="not empty. Name another, or move"):
        training.new_run_directory(tmp_path / "taken", "mnist")


def test_a_hook_that_stops_does_not_silence_those_after_it():
    seen = []

    def stop(step, state, metrics):
        raise StopTraining

    record = lambda step, state, metrics: seen.append(step)
    training.fit(ALGORITHM, start(), batches, num_steps=9, hooks=[stop, record])
    assert seen == [1]


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32, jnp.complex64])
def test_nan_is_not_finite_in_any_type(dtype):
    assert is_finite(jnp.ones(2, dtype))
    assert not is_finite(jnp.full(2, jnp.nan, dtype))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": contracts.gan()}, "Expected an algorithm.*got Game"),
        ({"batches": np.zeros((8, 2))}, r"batches\(step\) -> batch.*got ndarray"),
        ({"hooks": hooks.log()}, "Put it in a list"),
    ],
)
def test_what_fit_cannot_run(changes, message):
    given = {"algorithm": ALGORITHM, "batches": batches, "hooks": []} | changes
    with pytest.raises(TypeError, match=message):
        training.fit(state=start(), num_steps=1, **given)
