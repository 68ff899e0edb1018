from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
import optax

from advnet import _validation
from advnet.games import Play
from advnet.types import Game, Player, PyTree, State, Variables

Optimizer = optax.GradientTransformation


def per_player(
    optimizers: Optimizer | Mapping[str, Optimizer], game: Game
) -> dict[str, Optimizer]:
    """One optimizer for each player that moves, whichever way the user gave them."""
    movers = all_players(game)
    if isinstance(optimizers, Mapping):
        _validation.check_optimizers(optimizers, movers, game.players)
        each = {name: optimizers[name] for name in movers}
    else:
        each = dict.fromkeys(movers, optimizers)
    for optimizer in each.values():
        _validation.check_optimizer(optimizer)
    return each


def all_players(game: Game) -> list[str]:
    """All who have a turn, in its order."""
    return [name for turn in game.turns for name in turn]


def make_init(game: Game, optimizers: Mapping[str, Optimizer]):
    """Makes `init(key, batch) -> State`: every objective is evaluated once.

    Those of frozen players too, so that they exist; they have no optimizer's state.

    Players are initialized at their first call, so nobody is asked for input shapes,
    and `jax.eval_shape(init, key, batch)` gives the abstract state.
    """

    def init(key: jax.Array, batch: PyTree) -> State:
        _validation.check_key(key)
        init_key, run_key = jax.random.split(key)
        variables: dict[str, Variables] = {}
        frozen = [name for name in game.objectives if name not in all_players(game)]
        for name in all_players(game) + frozen:
            play = Play(game.players, variables, init_key, initialize=True)
            game.objectives[name](play, batch, init_key)
            # Only what was missing: the trial calls moved batch statistics.
            variables |= play.fresh
        _validation.check_all_initialized(variables, game.players)
        players = {
            name: Player(variables[name], opt_state(name, variables[name].params))
            for name in game.players
        }
        return State(jnp.zeros((), jnp.int32), run_key, players)

    def opt_state(name: str, params: PyTree) -> PyTree:
        return optimizers[name].init(params) if name in optimizers else ()

    return init


def transfer(state: State, finished: State, *, average: bool = False) -> State:
    """Puts the players of a finished run in place of those just initialized.

    After `games.add_player`: the newcomer starts afresh, everybody else as they ended.

    Args:
      state: Of the new game, from its `init`.
      finished: Of the game it grew from. Players that only one of the two has are left
        as they are.
      average: Whether to take the averages kept by `dynamics.averaged`, where there
        are any, for the parameters.

    Returns:
      The new game's state. Parameters are copied, so either state may be donated;
      optimizer states are those of `state`.

    Raises:
      ValueError: If the runs have no player in common, or parameters of one differ in
        structure or shape.

    Examples:
      >>> prior = advnet.priors.normal(3)
      >>> game = advnet.games.gan(
      ...     nn.Dense(2), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> x, sgd = jnp.zeros((8, 2)), optax.sgd(0.1)
      >>> finished = advnet.alternating(game, sgd).init(jax.random.key(0), x)
      >>> objective = advnet.games.noise_prediction(prior)
      >>> joined = advnet.games.add_player(game, "encoder", nn.Dense(3), objective)
      >>> state = advnet.alternating(joined, sgd).init(jax.random.key(1), x)
      >>> state = transfer(state, finished)
      >>> sorted(state.players)
      ['discriminator', 'encoder', 'generator']
    """
    common = sorted(set(state.players) & set(finished.players))
    if not common:
        raise ValueError(
            f"Expected a player in common; got {sorted(state.players)} and "
            f"{sorted(finished.players)}."
        )
    taken = {}
    for name in common:
        old = finished.players[name]
        variables = old.average if average and old.average else old.variables
        _validation.check_same_structure(name, state.players[name].variables, variables)
        first, second = (jax.tree.map(jnp.copy, variables) for _ in range(2))
        new = replace(state.players[name], variables=first)
        # An average goes on from here, not from where it was initialized.
        taken[name] = replace(new, average=second) if new.average else new
    return replace(state, players=state.players | taken)
