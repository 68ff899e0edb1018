from collections import deque
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from advnet.types import Algorithm, Metrics, PyTree, State

Hook = Callable[[int, State, Metrics], None]

# Deep queues of asynchronous steps hold every batch in memory, and can deadlock in
# collectives on forced host devices; a few steps keep the device busy all the same.
_STEPS_IN_FLIGHT = 8


class StopTraining(Exception):  # noqa: N818 - a request, like StopIteration
    """Raised by a hook to end `fit` early; the state reached is returned."""


def fit(
    algorithm: Algorithm,
    state: State,
    batches: Callable[[int], PyTree],
    *,
    num_steps: int,
    hooks: Sequence[Hook] = (),
) -> State:
    """Runs `algorithm.train_step` until `state.step == num_steps`.

    The step is compiled and its state donated; the caller's `state` stays usable.
    Nothing here is needed: `jax.lax.scan(algorithm.train_step, state, batches)` is the
    same training.

    Args:
      algorithm: See `advnet.dynamics`.
      state: Where to start; a restored state goes on where it was.
      batches: `batches(step) -> batch`, a pure function of the step, such as
        `advnet.data.minibatches(...)`.
      num_steps: The step to reach, counted from the beginning of the run.
      hooks: Called as `hook(step, state, metrics)` after every step, `step` counting
        from 1. The state is donated to the next step: copy what you keep. Reading
        metrics waits for the device, so do it every so often (see `hooks.periodic`).

    Returns:
      The last state.

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
    train_step = jax.jit(algorithm.train_step, donate_argnums=0)
    state = jax.tree.map(jnp.copy, state)
    in_flight: deque[Metrics] = deque()
    for step in range(int(state.step), num_steps):
        state, metrics = train_step(state, batches(step))
        in_flight.append(metrics)
        if len(in_flight) > _STEPS_IN_FLIGHT:
            jax.block_until_ready(in_flight.popleft())
        try:
            for hook in hooks:
                hook(step + 1, state, metrics)
        except StopTraining:
            break
    return state
