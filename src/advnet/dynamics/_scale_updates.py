from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.types import Algorithm, Metrics, Player, PyTree, State


def scale_updates(algorithm: Algorithm, factors: Mapping[str, float]) -> Algorithm:
    """Lets some players go only part of the way of each step, under any dynamics.

    For an optimizer whose update is proportional to its rate (all of optax's common
    ones) a factor of .5 halves that player's learning rate. What the others see during
    the step, and what `averaged` inside follows, is the whole way.

    Args:
      algorithm: The dynamics to wrap.
      factors: The share of the way in (0, 1], by player.

    Raises:
      ValueError: If a factor is outside (0, 1].
      KeyError: At `init`, if the game has no such player.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> slower = scale_updates(advnet.alternating(game, optax.sgd(0.1)), {"generator": 0.5})
      >>> int(slower.init(jax.random.key(0), jnp.zeros((8, 1))).step)
      0
    """
    for name, factor in factors.items():
        if not 0 < factor <= 1:
            raise ValueError(f"Expected a factor in (0, 1] for {name!r}, got {factor}.")

    def init(key: jax.Array, batch: PyTree) -> State:
        state = algorithm.init(key, batch)
        _validation.check_players_exist(factors, state.players, "to be scale_updates")
        return state

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        moved, metrics = algorithm.train_step(state, batch)
        part_way = {
            name: _part_way(state.players[name], moved.players[name], factor)
            for name, factor in factors.items()
        }
        return replace(moved, players=moved.players | part_way), metrics

    return Algorithm(init, train_step)


def _part_way(start: Player, end: Player, factor: float) -> Player:
    between = lambda old, new: old + jnp.asarray(factor, new.dtype) * (new - old)
    params = jax.tree.map(between, start.variables.params, end.variables.params)
    return replace(end, variables=end.variables._replace(params=params))
