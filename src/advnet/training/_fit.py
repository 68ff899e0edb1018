import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding

from advnet._validation import check_at_least
from advnet.training._validation import check_periods, check_trainable, require_hooks
from advnet.types import (
    Algorithm,
    Batches,
    Hook,
    LifecycleHook,
    Metrics,
    PyTree,
    StackedBatches,
    State,
)

# A long queue of asynchronous steps holds every batch in memory, and can deadlock in
# collectives on forced host devices. A few steps are enough to keep the device busy.
_MAX_CALLS_IN_FLIGHT = 8

# Both keys and values are weak, so a compiled step is freed with its algorithm.
_MULTI_STEPS: weakref.WeakKeyDictionary[Callable, Callable]
_MULTI_STEPS = weakref.WeakKeyDictionary()


class StopTraining(Exception):  # noqa: N818 - a request, like StopIteration
    """Exception that a hook raises to end `fit` early, with the current state."""


def fit(
    algorithm: Algorithm,
    state: State,
    batches: Batches,
    *,
    num_steps: int,
    hooks: Sequence[Hook] = (),
    steps_per_call: int = 1,
) -> State:
    """Run `algorithm.train_step` until `state.step` equals `num_steps`.

    The step is compiled and its state is donated; the caller's `state` stays valid. A
    state that is sharded over devices (see `advnet.sharding`) keeps its sharding. `fit`
    is a convenience: `jax.lax.scan(algorithm.train_step, state, batches)` trains in the
    same way.

    Args:
      algorithm: See `advnet.dynamics`.
      state: Initial state; training continues from the step of a restored state.
      batches: `batches(step) -> batch`, a pure function of the step, such as
        `advnet.data.minibatches(...)`. If it is a `types.StackedBatches`, the batches
        of fused steps are gathered in one call.
      num_steps: Step at which training ends, counted from the start of the run.
      hooks: Functions called as `hook(step, state, metrics)` after every call of the
        compiled program, with `step` counted from 1. The state is donated to the next
        call: copy what you keep. Reading metrics waits for the device, so read them
        periodically (see `hooks.periodic`). A `types.LifecycleHook` is also called
        where training begins, and where it ends without an error. A hook that raises
        `StopTraining` ends training, where it begins too.
      steps_per_call: Number of steps compiled into one program. Larger values save host
        time where a step is short (tiny networks, fast devices). Calls end at the
        multiples of this number and at `num_steps`. Hooks are called only there, with
        the metrics of the last step, or of the first step with a metric that is not
        finite. Results are equal to rounding. On CPUs, loops around convolutions can be
        several times slower.

    Returns:
      The last state.

    Raises:
      ValueError: If `steps_per_call` < 1, or a periodic hook would miss its steps.
      TypeError: If `algorithm`, `batches` or `hooks` has the wrong type, or a hook has
        only a part of the lifecycle of `types.LifecycleHook`.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state = fit(algorithm, state, lambda step: jnp.zeros((8, 1)), num_steps=3)
      >>> int(state.step)
      3
    """
    check_at_least(1, steps_per_call=steps_per_call)
    check_trainable(algorithm, batches)
    hooks = require_hooks(hooks)
    check_periods(hooks, steps_per_call)
    state = jax.tree.map(jnp.copy, state)
    advance = jax.jit(
        _multi_step(algorithm.train_step),
        donate_argnums=0,
        out_shardings=(jax.tree.map(_mesh_sharding, state), None),
    )
    lifecycle_hooks = [hook for hook in hooks if isinstance(hook, LifecycleHook)]
    in_flight: deque[Metrics] = deque()
    step = int(state.step)
    stop = _call_all(partial(hook.begin, step, batches) for hook in lifecycle_hooks)
    while step < num_steps and not stop:
        end = min(step + steps_per_call - step % steps_per_call, num_steps)
        state, metrics = advance(state, _gather_batches(batches, step, end))
        step = end
        in_flight.append(metrics)
        if len(in_flight) > _MAX_CALLS_IN_FLIGHT:
            jax.block_until_ready(in_flight.popleft())
        stop = _call_all(partial(hook, step, state, metrics) for hook in hooks)
    for hook in lifecycle_hooks:
        hook.end(step, state)
    return state


def _call_all(calls: Iterable[Callable[[], None]]) -> bool:
    """Make every call, and return whether one of them raised StopTraining."""
    stop = False
    for call in calls:
        try:
            call()
        except StopTraining:
            stop = True
    return stop


class _StackedBatch(NamedTuple):
    leaves: PyTree  # [steps, m, ...]


def _gather_batches(
    batches: Batches, start: int, stop: int
) -> _StackedBatch | list[PyTree]:
    """Return the batches of the steps from `start` to `stop` - 1.

    Batches are gathered in one call where the source supports it: on a fast device,
    drawing them one at a time is slower than the training step.
    """
    if stop - start > 1 and isinstance(batches, StackedBatches):
        return _StackedBatch(batches.stacked(start, stop))
    return [batches(step) for step in range(start, stop)]


def _multi_step(train_step: Callable) -> Callable:
    """Return the function that advances a state by one or more batches.

    It is the same object for every call with the same `train_step`, so that a compiled
    program serves several calls of `fit`.
    """
    if train_step not in _MULTI_STEPS:
        reference = weakref.ref(train_step)
        _MULTI_STEPS[train_step] = lambda *inputs: _advance(reference(), *inputs)
    return _MULTI_STEPS[train_step]


def _advance(
    train_step, state: State, batches: _StackedBatch | list[PyTree]
) -> tuple[State, Metrics]:
    """Train on the batches in turn, and return the last state and its metrics."""
    if isinstance(batches, _StackedBatch):
        stacked = batches.leaves
    elif len(batches) == 1:
        return train_step(state, *batches)
    else:
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *batches)
    state, metrics = jax.lax.scan(train_step, state, stacked)
    if not metrics:
        return state, metrics
    index = _first_not_finite_or_last(metrics)
    result = {name: values[index] for name, values in metrics.items()}
    return state, result | _means_of_counted(metrics)


def _means_of_counted(metrics: Metrics) -> Metrics:
    """Return the means of the terms that are not evaluated at every step."""
    result = {}
    for name, values in metrics.items():
        if (count_name := f"{name}_count") in metrics:
            counts = metrics[count_name]
            result[count_name] = counts.sum()
            result[name] = (values * counts).sum() / jnp.maximum(counts.sum(), 1)
    return result


def _first_not_finite_or_last(metrics: Metrics) -> jax.Array:
    """Return the index of the first step with NaN or infinity, or of the last step.

    Later steps have NaN everywhere; only the first shows in which metric it appeared.
    """
    finite = jnp.stack([jnp.isfinite(values) for values in metrics.values()]).all(0)
    return jnp.where(finite.all(), len(finite) - 1, finite.argmin())


def _mesh_sharding(leaf: jax.Array) -> NamedSharding | None:
    """Return an array's sharding on a mesh, or None to let the compiler choose."""
    return leaf.sharding if isinstance(leaf.sharding, NamedSharding) else None
