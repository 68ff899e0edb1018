from collections.abc import Mapping

import jax
import jax.numpy as jnp
import optax

from advnet import _checks
from advnet.games import Play
from advnet.types import Game, Player, PyTree, State, Variables

Optimizer = optax.GradientTransformation


def per_player(
    optimizers: Optimizer | Mapping[str, Optimizer], game: Game
) -> dict[str, Optimizer]:
    """One optimiser for each player, whichever way the user gave them."""
    if isinstance(optimizers, Mapping):
        _checks.optimizers(optimizers, game.players)
        return dict(optimizers)
    return dict.fromkeys(game.players, optimizers)


def initialiser(game: Game, optimizers: Mapping[str, Optimizer]):
    """Makes `init(key, batch) -> State`: every objective is evaluated once.

    Players are initialised at their first call, so nobody is asked for input shapes,
    and `jax.eval_shape(init, key, batch)` gives the abstract state.
    """

    def init(key: jax.Array, batch: PyTree) -> State:
        init_key, run_key = jax.random.split(key)
        variables: dict[str, Variables] = {}
        for turn in game.turns:
            for name in turn:
                play = Play(game.players, variables, init_key, initialise=True)
                game.objectives[name](play, batch, init_key)
                # Only what was missing: the trial calls moved batch statistics.
                variables |= play.fresh
        _checks.initialised(variables, game.players)
        players = {
            name: Player(variables[name], optimizers[name].init(variables[name].params))
            for name in game.players
        }
        return State(jnp.zeros((), jnp.int32), run_key, players)

    return init
