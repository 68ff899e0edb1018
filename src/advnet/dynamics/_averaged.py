from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.types import Algorithm, Metrics, Player, PyTree, State, Variables


def averaged(
    algorithm: Algorithm,
    *,
    decay: float = 0.999,
    players: Sequence[str] = ("generator",),
) -> Algorithm:
    r"""Keeps an exponential average of some players beside any dynamics.

    .. math:: \bar\theta_t = d_t \bar\theta_{t-1} + (1 - d_t)\, \theta_t,\quad
              d_t = \min\left(d, \tfrac{t}{t + 9}\right)

    The ramp makes early averages follow the parameters. Module state (batch
    statistics) is copied, not averaged. Draw from the average with
    `sample(..., average=True)`; training itself never sees it.

    Args:
      algorithm: The dynamics to wrap.
      decay: d, in [0, 1): the average spans about 1 / (1 - d) steps.
      players: Whose parameters to average.

    Raises:
      ValueError: If `decay` is outside [0, 1).
      KeyError: At `init`, if the game has no such player.

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
    if not 0 <= decay < 1:
        raise ValueError(f"Expected decay in [0, 1), got {decay}.")

    def init(key: jax.Array, batch: PyTree) -> State:
        state = algorithm.init(key, batch)
        _validation.check_players_exist(players, state.players, "to be averaged")
        started = {
            # A copy, so that donating the state donates no buffer twice.
            name: replace(player, average=jax.tree.map(jnp.copy, player.variables))
            for name, player in state.players.items()
            if name in players
        }
        return replace(state, players=state.players | started)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        state, metrics = algorithm.train_step(state, batch)
        step = state.step.astype(jnp.float32)
        rate = jnp.minimum(decay, step / (step + 9))
        followed = {name: _follow(state.players[name], rate) for name in players}
        return replace(state, players=state.players | followed), metrics

    return Algorithm(init, train_step)


def _follow(player: Player, rate: jax.Array) -> Player:
    def blend(old: jax.Array, new: jax.Array) -> jax.Array:
        weight = rate.astype(new.dtype)
        return weight * old + (1 - weight) * new

    if player.average is None:
        raise ValueError(
            "The state holds no average to go on with; make it with the init of "
            "averaged(algorithm), not with that of the algorithm inside."
        )
    params = jax.tree.map(blend, player.average.params, player.variables.params)
    return replace(player, average=Variables(params, player.variables.state))
