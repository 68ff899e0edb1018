from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet._validation import check_players_exist, is_traced
from advnet.types import Algorithm, Metrics, Player, PyTree, State, Variables


def averaged(
    algorithm: Algorithm,
    *,
    decay: float | jax.Array = 0.999,
    players: Sequence[str] = ("generator",),
) -> Algorithm:
    r"""Maintain an exponential moving average of the parameters of some players.

    .. math:: \bar\theta_t = d_t \bar\theta_{t-1} + (1 - d_t)\, \theta_t,\quad
              d_t = \min\left(d, \tfrac{t}{t + 9}\right)

    With the ramp d_t, early averages follow the parameters closely. Module state (batch
    statistics) is copied, not averaged. Draw from the average with
    `sample(..., average=True)`; training does not use it.

    Args:
      algorithm: The dynamics to wrap.
      decay: d, in [0, 1); it may be traced inside `scheduled`. The average spans
        about 1 / (1 - d) steps.
      players: Names of the players whose parameters are averaged.

    Returns:
      An algorithm that trains exactly as `algorithm` does.

    Raises:
      ValueError: If `decay` is outside [0, 1).
      KeyError: At `init`, if the game does not have one of the players.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = averaged(advnet.alternating(game, optax.sgd(0.1)), decay=0.99)
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, state, jax.random.key(1), 5, average=True).shape
      (5, 1)

    References:
      Yazici et al. 2019; Karras et al. 2018, appendix A.
    """
    if not is_traced(decay) and not 0 <= decay < 1:
        raise ValueError(f"Expected decay in [0, 1), got {decay}.")

    def init(key: jax.Array, batch: PyTree) -> State:
        state = algorithm.init(key, batch)
        check_players_exist(players, state.players, "to be averaged")
        averaged_players = {
            # Copied, so that donating the state does not donate a buffer twice.
            name: replace(player, average=jax.tree.map(jnp.copy, player.variables))
            for name, player in state.players.items()
            if name in players
        }
        return replace(state, players=state.players | averaged_players)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        state, metrics = algorithm.train_step(state, batch)
        step = state.step.astype(jnp.float32)
        rate = jnp.minimum(decay, step / (step + 9))
        averaged_players = {
            name: _update_average(state.players[name], rate) for name in players
        }
        return replace(state, players=state.players | averaged_players), metrics

    return Algorithm(init, train_step)


def _update_average(player: Player, rate: jax.Array) -> Player:
    """Move a player's average towards its parameters; `rate` is the weight it keeps."""

    def interpolate(average: jax.Array, value: jax.Array) -> jax.Array:
        weight = rate.astype(value.dtype)
        return weight * average + (1 - weight) * value

    if player.average is None:
        raise ValueError(
            "The state has no average to update. Create it with the `init` of "
            "averaged(algorithm), not with the `init` of the wrapped algorithm."
        )
    params = jax.tree.map(interpolate, player.average.params, player.variables.params)
    return replace(player, average=Variables(params, player.variables.state))
