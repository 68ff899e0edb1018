from collections.abc import Mapping
from dataclasses import replace

import jax

from advnet.dynamics._init import Optimizer, everyone, initialiser, per_player
from advnet.dynamics._move import follow, gradient
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def simultaneous(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    shared_draws: bool = True,
) -> Algorithm:
    """Every player moves at once, from the same point: what the authors' code ran.

    One minibatch serves all players.

    Args:
      game: The game; its turns are not used.
      optimizers: One for all players, or one for each by name.
      shared_draws: Whether one noise draw and one set of dropout masks serve all
        players, as the authors ran it, or each draws its own.

    Raises:
      ValueError: If an optimiser is missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = simultaneous(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))
      >>> int(state.step)
      1
    """
    optimizers = per_player(optimizers, game)
    turn = everyone(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)
        keys = dict.fromkeys(turn, key)
        if not shared_draws:
            keys = dict(zip(turn, jax.random.split(key, len(turn)), strict=True))
        gradients = {
            name: gradient(game, state.players, name, batch, keys[name])
            for name in turn
        }
        players, metrics = follow(optimizers, state.players, gradients)
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(initialiser(game, optimizers), train_step)
