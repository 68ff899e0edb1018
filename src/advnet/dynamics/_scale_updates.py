from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet._validation import check_players_exist
from advnet.types import Algorithm, Metrics, Player, PyTree, State


def scale_updates(algorithm: Algorithm, factors: Mapping[str, float]) -> Algorithm:
    """Scale the parameter updates of some players, with any dynamics.

    For an optimizer whose update is proportional to its learning rate (all common ones
    of optax), a factor of .5 halves that player's learning rate. Within a step, the
    other players and an inner `averaged` use the full update.

    Args:
      algorithm: The dynamics to wrap.
      factors: Factor of the update, in (0, 1], by player.

    Returns:
      An algorithm.

    Raises:
      ValueError: If a factor is outside (0, 1].
      KeyError: At `init`, if the game does not have one of the players.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> slower = scale_updates(algorithm, {"generator": 0.5})
      >>> int(slower.init(jax.random.key(0), jnp.zeros((8, 1))).step)
      0
    """
    for name, factor in factors.items():
        if not 0 < factor <= 1:
            raise ValueError(f"Expected a factor in (0, 1] for {name!r}, got {factor}.")

    def init(key: jax.Array, batch: PyTree) -> State:
        state = algorithm.init(key, batch)
        check_players_exist(factors, state.players, "in factors of scale_updates")
        return state

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        after, metrics = algorithm.train_step(state, batch)
        scaled = {
            name: _interpolate(state.players[name], after.players[name], factor)
            for name, factor in factors.items()
        }
        return replace(after, players=after.players | scaled), metrics

    return Algorithm(init, train_step)


def _interpolate(start: Player, end: Player, factor: float) -> Player:
    """Return `end` with parameters that lie the share `factor` of the way to it."""
    between = lambda old, new: old + jnp.asarray(factor, new.dtype) * (new - old)
    params = jax.tree.map(between, start.variables.params, end.variables.params)
    return replace(end, variables=end.variables._replace(params=params))
