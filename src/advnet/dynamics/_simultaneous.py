from collections.abc import Mapping
from dataclasses import replace

import jax

from advnet.dynamics._init import (
    Optimizer,
    active_players,
    make_init,
    resolve_optimizers,
)
from advnet.dynamics._update import apply_gradients, gradient
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def simultaneous(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    shared_draws: bool = True,
) -> Algorithm:
    """Update all players from the same point, as the code of the 2014 paper does.

    All players use the same minibatch.

    Args:
      game: The game; its turns are not used.
      optimizers: One optimizer for all players, or a mapping with one for each name.
      shared_draws: Whether all players use the same noise and dropout masks, as in the
        code of the paper, or each player draws its own.

    Returns:
      An algorithm.

    Raises:
      ValueError: If an optimizer is missing.

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
    optimizers = resolve_optimizers(optimizers, game)
    turn = active_players(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)
        keys = dict.fromkeys(turn, key)
        if not shared_draws:
            keys = dict(zip(turn, jax.random.split(key, len(turn)), strict=True))
        gradients = {
            name: gradient(
                game, state.players, name, batch, keys[name], step=state.step
            )
            for name in turn
        }
        players, metrics = apply_gradients(optimizers, state.players, gradients)
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)
