"""Algorithms whose hyper-parameters follow the step, and metrics of the state."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.types import Algorithm, Metrics, PyTree, State


def scheduled(build: Callable[[jax.Array], Algorithm]) -> Algorithm:
    """Train with hyper-parameters that are functions of the step.

    `build(step)` is traced once inside the training step. It may compute any number
    from `step`, but may not compare it in Python. All algorithms that it returns must
    have the same structure: the same players, optimizers and k.

    Args:
      build: Function from the step (int32 []) to an algorithm.

    Returns:
      An algorithm whose step t is that of `build(t)`.

    Examples:
      An average whose half-life grows, as in R3GAN:

      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.relativistic(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> decay = lambda step: 1 - 0.5 * jnp.exp(-step.astype(jnp.float32) / 100)
      >>> growing = scheduled(
      ...     lambda step: advnet.averaged(algorithm, decay=decay(step))
      ... )
      >>> state = growing.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state, _ = jax.jit(growing.train_step)(state, jnp.zeros((8, 1)))
      >>> int(state.step)
      1
    """

    def init(key: jax.Array, batch: PyTree) -> State:
        return build(jnp.zeros((), jnp.int32)).init(key, batch)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        return build(state.step).train_step(state, batch)

    return Algorithm(init, train_step)


def recorded(algorithm: Algorithm, metrics_of: Callable[[State], Metrics]) -> Algorithm:
    """Add metrics of the state, such as a learning rate, to those of a step.

    Args:
      algorithm: The algorithm to wrap.
      metrics_of: Function from the state after a step to scalars by name.

    Returns:
      An algorithm that trains exactly as `algorithm` does.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> norm = lambda state: optax.tree.norm(
      ...     state.players["generator"].variables.params
      ... )
      >>> algorithm = recorded(
      ...     advnet.alternating(game, optax.sgd(0.1)),
      ...     lambda state: {"generator/parameter_norm": norm(state)},
      ... )
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> _, metrics = algorithm.train_step(state, jnp.zeros((8, 1)))
      >>> "generator/parameter_norm" in metrics
      True
    """

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        state, metrics = algorithm.train_step(state, batch)
        return state, metrics | metrics_of(state)

    return Algorithm(algorithm.init, train_step)
