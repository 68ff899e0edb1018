"""The training loop, its hooks, and saved states."""

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
from advnet.types import Algorithm, LifecycleHook

ALGORITHM = advnet.alternating(contracts.gan(), contracts.OPTIMIZER)


def start():
    return ALGORITHM.init(jax.random.key(0), BATCH)


def batches(step):
    return BATCH + 0.01 * (step % 3)


def weights(state):
    return jax.tree.leaves([p.variables for p in state.players.values()])


def test_fit_equals_a_plain_loop():
    state = expected = start()
    step = jax.jit(ALGORITHM.train_step)
    for i in range(20):
        expected, _ = step(expected, batches(i))
    state = training.fit(ALGORITHM, state, batches, num_steps=20)
    chex.assert_trees_all_equal(weights(state), weights(expected))
    assert int(state.step) == 20


def test_the_state_of_the_caller_stays_valid():
    state = start()
    before = jax.device_get(weights(state))
    training.fit(ALGORITHM, state, batches, num_steps=2)
    chex.assert_trees_all_equal(weights(state), before)


def test_a_resumed_run_equals_an_uninterrupted_run():
    uninterrupted = training.fit(ALGORITHM, start(), batches, num_steps=7)
    half = training.fit(ALGORITHM, start(), batches, num_steps=3)
    resumed = training.fit(ALGORITHM, half, batches, num_steps=7)
    chex.assert_trees_all_equal(weights(resumed), weights(uninterrupted))


def test_several_fits_trace_the_step_once():
    chex.clear_trace_counter()
    step = chex.assert_max_traces(ALGORITHM.train_step, n=1)
    algorithm = Algorithm(ALGORITHM.init, step)
    state = training.fit(algorithm, start(), batches, num_steps=3)
    training.fit(algorithm, state, batches, num_steps=6)


def test_hooks_are_called_after_every_step_and_can_stop():
    calls = []

    def hook(step, state, metrics):
        calls.append((step, int(state.step)))
        if step == 4:
            raise StopTraining

    state = training.fit(ALGORITHM, start(), batches, num_steps=9, hooks=[hook])
    assert calls == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert int(state.step) == 4


def test_a_signal_ends_training_and_handlers_are_restored():
    before = signal.getsignal(signal.SIGINT)

    def interrupt(step, state, metrics):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with hooks.interruptible() as stop:
        state = training.fit(
            ALGORITHM, start(), batches, num_steps=99, hooks=[interrupt, stop]
        )
    assert int(state.step) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_signal_raises_keyboard_interrupt():
    with hooks.interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_nan_is_reported_with_its_step():
    with_nan = lambda step: batches(step) * (np.float32("nan") if step == 5 else 1)
    message = "discriminator/.* is nan at step 6"
    with pytest.raises(FloatingPointError, match=message):
        training.fit(
            ALGORITHM,
            start(),
            with_nan,
            num_steps=9,
            hooks=[hooks.stop_if_not_finite(every=1)],
        )


def test_write_metrics_writes_json_lines(tmp_path):
    path = tmp_path / "metrics.jsonl"
    hook = hooks.write_metrics(path, every=2)
    training.fit(ALGORITHM, start(), batches, num_steps=5, hooks=[hook])
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4]
    assert np.isfinite(rows[0]["generator/loss"])


def test_log_prints_periodically(capsys):
    hook = hooks.log(every=2)
    training.fit(ALGORITHM, start(), batches, num_steps=4, hooks=[hook])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["step 2", "step 4"]
    with pytest.raises(ValueError, match="every >= 1, got 0"):
        hooks.log(every=0)


@pytest.mark.parametrize(
    "case",
    [
        "averaged",
        pytest.param("nnx-nnx", marks=pytest.mark.ci),
        pytest.param("linen-linen", marks=pytest.mark.ci),
    ],
)
def test_a_restored_state_is_equal_bit_for_bit(case, tmp_path):
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
    after, _ = step(restored, BATCH)
    expected, _ = step(state, BATCH)
    chex.assert_trees_all_equal(weights(after), weights(expected))


def test_a_checkpoint_is_never_overwritten(tmp_path):
    training.save(tmp_path / "state", {"w": jnp.ones(2)})
    with pytest.raises(ValueError, match="exists"):
        training.save(tmp_path / "state", {"w": jnp.zeros(2)})


def test_run_directories_are_new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [training.new_run_directory(None, "mnist").name for _ in range(2)]
    assert names == ["mnist-1", "mnist-2"]
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(FileExistsError, match="not empty. Name another, or move"):
        training.new_run_directory(tmp_path / "used", "mnist")


def test_hooks_after_a_hook_that_stops_are_called():
    steps = []

    def stop(step, state, metrics):
        raise StopTraining

    record = lambda step, state, metrics: steps.append(step)
    training.fit(ALGORITHM, start(), batches, num_steps=9, hooks=[stop, record])
    assert steps == [1]


def test_nan_is_not_finite_in_any_type():
    for dtype in (jnp.bfloat16, jnp.float32, jnp.complex64):
        assert is_finite(jnp.ones(2, dtype))
        assert not is_finite(jnp.full(2, jnp.nan, dtype))


class Recorder:
    """Hook with a lifecycle, which records its calls."""

    every = 2

    def __init__(self):
        self.calls = []

    def begin(self, step, batches):
        self.calls.append(("begin", step, batches(0).shape))

    def __call__(self, step, state, metrics):
        self.calls.append(("call", step))

    def end(self, step, state):
        self.calls.append(("end", step, int(state.step)))


def test_lifecycle_hooks_are_called_at_begin_and_end():
    direct, inner = Recorder(), Recorder()
    both = [direct, hooks.periodic(2, inner)]
    assert all(isinstance(hook, LifecycleHook) for hook in both)
    training.fit(ALGORITHM, start(), batches, num_steps=3, hooks=both)
    begin, end = ("begin", 0, BATCH.shape), ("end", 3, 3)
    assert direct.calls == [begin, ("call", 1), ("call", 2), ("call", 3), end]
    assert inner.calls == [begin, ("call", 2), end]


def test_a_hook_with_part_of_a_lifecycle_is_refused():
    class OnlyEnd:
        def __call__(self, step, state, metrics):
            pass

        def end(self, step, state):
            pass

    message = r"defines \['end'\] but not \['begin', 'every'\]"
    with pytest.raises(TypeError, match=message):
        training.fit(ALGORITHM, start(), batches, num_steps=1, hooks=[OnlyEnd()])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": contracts.gan()}, "Expected an algorithm.*got Game"),
        ({"batches": np.zeros((8, 2))}, r"batches\(step\) -> batch.*got ndarray"),
        ({"hooks": hooks.log()}, "Put it in a list"),
        ({"hooks": [3]}, r"called as hook\(step, state, metrics\), got 3"),
    ],
)
def test_wrong_arguments_of_fit_are_refused(changes, message):
    arguments = {"algorithm": ALGORITHM, "batches": batches, "hooks": []} | changes
    with pytest.raises(TypeError, match=message):
        training.fit(state=start(), num_steps=1, **arguments)


def test_a_generator_of_hooks_is_used_in_every_step():
    steps = []
    record = lambda step, state, metrics: steps.append(step)
    training.fit(ALGORITHM, start(), batches, num_steps=3, hooks=(h for h in [record]))
    assert steps == [1, 2, 3]


def test_a_hook_may_end_training_where_it_begins():
    best = hooks.Best(lambda state: 0.0, every=1, patience=1)
    best.history = [(1, 2.0), (2, 1.0)]
    state = training.fit(ALGORITHM, start(), batches, num_steps=2)
    state = training.fit(ALGORITHM, state, batches, num_steps=9, hooks=[best])
    assert int(state.step) == 2


def test_an_ignored_hang_up_stays_ignored():
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with hooks.interruptible() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
        assert stop.signal is None
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with hooks.interruptible() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
        assert stop.signal == signal.SIGHUP
    finally:
        signal.signal(signal.SIGHUP, previous)


def test_a_run_that_ends_before_its_first_row_opens_no_tensorboard(tmp_path):
    """Its writer would fail at exit, as it starts a thread there."""
    hook = hooks.tensorboard(tmp_path / "log", every=2)
    hook(1, None, {"loss": np.float32(1)})
    assert not (tmp_path / "log").exists()
    hook(2, None, {"loss": np.float32(1)})
    assert list((tmp_path / "log").iterdir())
