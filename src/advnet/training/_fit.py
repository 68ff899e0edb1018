import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding

from advnet import _validation
from advnet.types import Algorithm, Metrics, PyTree, State

Hook = Callable[[int, State, Metrics], None]

# Deep queues of asynchronous steps hold every batch in memory, and can deadlock in
# collectives on forced host devices; a few steps keep the device busy all the same.
_CALLS_IN_FLIGHT = 8

# Weak on both sides: a compiled step is forgotten with its algorithm.
_OVER_BATCHES: weakref.WeakKeyDictionary[Callable, Callable]
_OVER_BATCHES = weakref.WeakKeyDictionary()


class StopTraining(Exception):  # noqa: N818 - a request, like StopIteration
    """Raised by a hook to end `fit` early; the state reached is returned."""


def fit(
    algorithm: Algorithm,
    state: State,
    batches: Callable[[int], PyTree],
    *,
    num_steps: int,
    hooks: Sequence[Hook] = (),
    steps_per_call: int = 1,
) -> State:
    """Runs `algorithm.train_step` until `state.step == num_steps`.

    The step is compiled and its state donated; the caller's `state` stays usable. A
    state that is laid out over devices (see `advnet.sharding`) stays laid out so.
    Nothing here is needed: `jax.lax.scan(algorithm.train_step, state, batches)` is the
    same training.

    Args:
      algorithm: See `advnet.dynamics`.
      state: Where to start; a restored state goes on where it was.
      batches: `batches(step) -> batch`, a pure function of the step, such as
        `advnet.data.minibatches(...)`; its `stacked(start, stop)`, if it has one, is
        asked for the batches of fused steps.
      num_steps: The step to reach, counted from the beginning of the run.
      hooks: Called as `hook(step, state, metrics)` after every call of the compiled
        program, `step` counting from 1. The state is donated to the next call: copy
        what you keep. Reading metrics waits for the device, so do it every so often
        (see `hooks.periodic`). One that has `begin(step, batches)` is told where
        training starts and on what, one that has `end(step, state)` where it ended,
        unless that was an error.
      steps_per_call: Steps compiled into one program. More of them save the host's
        time where a step takes the device little (tiny networks, fast devices). Calls
        end at its multiples, and at `num_steps`: only there are hooks called, with the
        metrics of the last step, or of the first that were not finite. Results are
        the same to rounding. On CPU loops around convolutions can be several times
        slower.

    Returns:
      The last state.

    Raises:
      ValueError: If `steps_per_call` < 1, or a periodic hook would miss its steps.
      TypeError: If `algorithm`, `batches` or `hooks` is something else.

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
    _validation.check_at_least(1, steps_per_call=steps_per_call)
    _validation.check_trainable(algorithm, batches, hooks)
    _refuse_missed(hooks, steps_per_call)
    state = jax.tree.map(jnp.copy, state)
    advance = jax.jit(
        _over_batches(algorithm.train_step),
        donate_argnums=0,
        out_shardings=(jax.tree.map(_layout, state), None),
    )
    in_flight: deque[Metrics] = deque()
    step = int(state.step)
    _tell("begin", hooks, step, batches)
    while step < num_steps:
        end = min(step + steps_per_call - step % steps_per_call, num_steps)
        state, metrics = advance(state, _drawn(batches, step, end))
        step = end
        in_flight.append(metrics)
        if len(in_flight) > _CALLS_IN_FLIGHT:
            jax.block_until_ready(in_flight.popleft())
        if _wants_to_stop(hooks, step, state, metrics):
            break
    _tell("end", hooks, step, state)
    return state


def _wants_to_stop(hooks: Sequence[Hook], *now: Any) -> bool:
    """Calls every hook, also those after one that asks to stop."""
    asked = False
    for hook in hooks:
        try:
            hook(*now)
        except StopTraining:
            asked = True
    return asked


def _tell(what: str, hooks: Sequence[Hook], *about: Any) -> None:
    """To those hooks that want to know."""
    for hook in hooks:
        if hasattr(hook, what):
            getattr(hook, what)(*about)


class _Together(NamedTuple):
    leaves: PyTree  # [steps, m, ...]


def _drawn(
    batches: Callable[[int], PyTree], step: int, end: int
) -> _Together | list[PyTree]:
    """The batches of some steps, together or one by one.

    Those that can be gathered at once are (`data.Minibatches`): what is drawn one by
    one costs the host more than a fast device takes to learn from it.
    """
    if end - step > 1 and hasattr(batches, "stacked"):
        return _Together(batches.stacked(step, end))
    return [batches(number) for number in range(step, end)]


def _over_batches(train_step: Callable) -> Callable:
    """From a state and what is drawn to the last state and its metrics.

    One function for each step: what is compiled for it serves later fits too.
    """
    if train_step not in _OVER_BATCHES:
        known = weakref.ref(train_step)
        _OVER_BATCHES[train_step] = lambda *inputs: _advance(known(), *inputs)
    return _OVER_BATCHES[train_step]


def _advance(
    train_step, state: State, drawn: _Together | list[PyTree]
) -> tuple[State, Metrics]:
    if isinstance(drawn, _Together):
        together = drawn.leaves
    elif len(drawn) == 1:
        return train_step(state, *drawn)
    else:
        together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *drawn)
    state, metrics = jax.lax.scan(train_step, state, together)
    if not metrics:
        return state, metrics
    told = _first_not_finite_or_last(metrics)
    return state, {name: values[told] for name, values in metrics.items()}


def _first_not_finite_or_last(metrics: Metrics) -> jax.Array:
    """Of several steps, [n] each: NaN is to be named where it began."""
    finite = jnp.stack([jnp.isfinite(values) for values in metrics.values()]).all(0)
    return jnp.where(finite.all(), len(finite) - 1, finite.argmin())


def _layout(leaf: jax.Array) -> NamedSharding | None:
    """Where an array lives on a mesh; None leaves the choice to the compiler."""
    return leaf.sharding if isinstance(leaf.sharding, NamedSharding) else None


def _refuse_missed(hooks: Sequence[Hook], steps_per_call: int) -> None:
    for hook in hooks:
        every = getattr(hook, "every", steps_per_call)
        if every % steps_per_call:
            raise ValueError(
                f"A hook wants every {every} steps, but calls of steps_per_call="
                f"{steps_per_call} end at its multiples. Let one divide the other."
            )
