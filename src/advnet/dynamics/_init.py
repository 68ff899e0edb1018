"""Initial states: optimizers by player, `Algorithm.init`, and `transfer`."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
import optax

from advnet._validation import check_key
from advnet.dynamics import _validation
from advnet.games import Play
from advnet.types import Game, Player, PyTree, State, Variables

Optimizer = optax.GradientTransformation


def resolve_optimizers(
    optimizers: Optimizer | Mapping[str, Optimizer], game: Game
) -> dict[str, Optimizer]:
    """Return one optimizer for each active player, from one for all or a mapping."""
    active = active_players(game)
    if isinstance(optimizers, Mapping):
        _validation.check_optimizers(optimizers, active, game.players)
        by_player = {name: optimizers[name] for name in active}
    else:
        by_player = dict.fromkeys(active, optimizers)
    for optimizer in by_player.values():
        _validation.check_optimizer(optimizer)
    return by_player


def active_players(game: Game) -> list[str]:
    """Return the names of the players that have a turn, in the order of the turns."""
    return [name for turn in game.turns for name in turn]


def make_init(
    game: Game, optimizers: Mapping[str, Optimizer]
) -> Callable[[jax.Array, PyTree], State]:
    """Build `init(key, batch) -> State`, which evaluates every objective once.

    A player is initialized at its first call, so its input shapes need not be declared.
    `jax.eval_shape(init, key, batch)` gives the abstract state. Frozen players are
    initialized as well, without an optimizer state.
    """

    def init(key: jax.Array, batch: PyTree) -> State:
        check_key(key)
        init_key, run_key = jax.random.split(key)
        variables: dict[str, Variables] = {}
        memories: dict[str, PyTree] = {}
        active = active_players(game)
        frozen = [name for name in game.objectives if name not in active]
        for name in active + frozen:
            play = Play(
                game.players,
                variables,
                init_key,
                initialize=True,
                memories=game.memories,
            )
            game.objectives[name](play, batch, init_key)
            # `play.variables` is not used: these calls update batch statistics.
            variables |= play.initialized
            # The first value of a memory is the one that its writer records.
            memories |= {
                memory: play.memories[memory]
                for memory in play.recorded
                if game.memories[memory].writer == name
            }
        _validation.check_all_initialized(variables, game.players)
        _validation.check_all_recorded(memories, game.memories)
        players = {
            name: Player(
                variables[name],
                opt_state(name, variables[name].params),
                memories={
                    memory: value
                    for memory, value in memories.items()
                    if game.memories[memory].writer == name
                },
            )
            for name in game.players
        }
        return State(jnp.zeros((), jnp.int32), run_key, players)

    def opt_state(name: str, params: PyTree) -> PyTree:
        return optimizers[name].init(params) if name in optimizers else ()

    return init


def transfer(state: State, source: State, *, average: bool = False) -> State:
    """Copy the players of a trained state into a newly initialized state.

    Use it after `games.add_player`: the added player keeps its initial parameters, and
    the other players get their trained ones.

    Args:
      state: State of the new game, from its `init`.
      source: Trained state. Players that only one of the two states has are unchanged.
      average: Whether to copy the averages maintained by `dynamics.averaged`, where the
        source has them, instead of the parameters.

    Returns:
      The new game's state. Parameters are copied, so either state may be donated.
      Optimizer states are those of `state`.

    Raises:
      ValueError: If the states have no player in common, or the parameters of a player
        differ in structure or shape.

    Examples:
      >>> prior = advnet.priors.normal(3)
      >>> game = advnet.games.gan(
      ...     nn.Dense(2), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> x, sgd = jnp.zeros((8, 2)), optax.sgd(0.1)
      >>> trained = advnet.alternating(game, sgd).init(jax.random.key(0), x)
      >>> objective = advnet.games.noise_prediction(prior)
      >>> larger = advnet.games.add_player(game, "encoder", nn.Dense(3), objective)
      >>> state = advnet.alternating(larger, sgd).init(jax.random.key(1), x)
      >>> state = transfer(state, trained)
      >>> sorted(state.players)
      ['discriminator', 'encoder', 'generator']
    """
    common = sorted(set(state.players) & set(source.players))
    if not common:
        raise ValueError(
            f"Expected a player in common; got {sorted(state.players)} and "
            f"{sorted(source.players)}."
        )
    players = {}
    for name in common:
        old, new = source.players[name], state.players[name]
        variables = old.average if average and old.average else old.variables
        _validation.check_same_structure(name, new.variables, variables)
        copies = [jax.tree.map(jnp.copy, variables) for _ in range(2)]
        # The new average also starts from the copied parameters.
        players[name] = replace(
            new, variables=copies[0], average=copies[1] if new.average else None
        )
    return replace(state, players=state.players | players)
