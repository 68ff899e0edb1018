"""Gradient steps of the players, the building block of all dynamics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import optax

from advnet.games import Play
from advnet.types import Game, Metrics, Player, PyTree, Variables

Players = dict[str, Player]


def update(
    game: Game,
    optimizers: Mapping[str, optax.GradientTransformation],
    players: Players,
    turn: Sequence[str],
    batch: PyTree,
    key: jax.Array,
    *,
    step: jax.Array,
) -> tuple[Players, Metrics]:
    """Take one gradient step for every player of a turn, all from the same point.

    Each objective is differentiated with respect to the parameters of its own player
    only, so objectives need no `stop_gradient`. All objectives use the same `key`,
    hence the same noise and dropout masks. Players outside the turn do not change;
    their batch statistics do not change either.

    Args:
      game: The game.
      optimizers: Optimizers of the players of the turn, by name.
      players: All players, by name.
      turn: Names of the players to update.
      batch: Batch of examples that the game's objectives accept.
      key: Random key of the step.
      step: Training step, `state.step`, which schedules read.

    Returns:
      All players after the step, and the metrics of the updated players.

    Examples:
      A new dynamics is a function that calls `update`:

      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> x, sgd = jnp.zeros((8, 1)), optax.sgd(0.1)
      >>> optimizers = {"generator": sgd, "discriminator": sgd}
      >>> state = advnet.alternating(game, optimizers).init(jax.random.key(0), x)
      >>> players, metrics = update(
      ...     game, optimizers, state.players, ["generator"], x, jax.random.key(1),
      ...     step=state.step,
      ... )
      >>> sorted(metrics)
      ['generator/gradient_norm', 'generator/loss']
    """
    gradients = {
        name: gradient(game, players, name, batch, key, step=step) for name in turn
    }
    return apply_gradients(optimizers, players, gradients)


class Gradient(NamedTuple):
    """Gradient of one player's objective, with everything that its call recorded."""

    value: PyTree
    state: PyTree
    metrics: Metrics
    memories: dict[str, PyTree]


def gradient(
    game: Game,
    players: Players,
    name: str,
    batch: PyTree,
    key: jax.Array,
    *,
    step: jax.Array,
    unroll: Callable[[Players], Players] = lambda players: players,
) -> Gradient:
    """Differentiate a player's objective with respect to its own parameters.

    `unroll` updates the other players before the objective is evaluated; the gradient
    passes through it.
    """
    play_key, objective_key = jax.random.split(key)
    player = players[name]

    def loss(params: PyTree):
        variables = player.variables._replace(params=params)
        unrolled = unroll({**players, name: replace(player, variables=variables)})
        all_variables = {name: player.variables for name, player in unrolled.items()}
        play = Play(
            game.players,
            all_variables,
            play_key,
            step=step,
            memories=game.memories,
            memory_values=memory_values(unrolled),
        )
        value, metrics = game.objectives[name](play, batch, objective_key)
        memories = {
            memory: play.memories[memory]
            for memory in player.memories
            if memory in play.recorded
        }
        return value, (play.variables[name].state, metrics, memories)

    value, auxiliary = jax.grad(loss, has_aux=True)(player.variables.params)
    return Gradient(value, *auxiliary)


def memory_values(players: Players) -> dict[str, PyTree]:
    """Return the values of all memories, which their writers hold."""
    return {
        name: value
        for player in players.values()
        for name, value in player.memories.items()
    }


def apply_gradients(
    optimizers: Mapping[str, optax.GradientTransformation],
    players: Players,
    gradients: Mapping[str, Gradient],
) -> tuple[Players, Metrics]:
    """Apply each player's gradient with its optimizer; other players do not change."""
    players_after, metrics = dict(players), {}
    for name, player_gradient in gradients.items():
        player, optimizer = players[name], optimizers[name]
        params = player.variables.params
        updates, opt_state = optimizer.update(
            player_gradient.value, player.opt_state, params
        )
        players_after[name] = replace(
            player,
            variables=Variables(
                optax.apply_updates(params, updates), player_gradient.state
            ),
            opt_state=opt_state,
            memories=player.memories | player_gradient.memories,
        )
        norm = optax.tree.norm(player_gradient.value)
        metrics |= player_gradient.metrics | {f"{name}/gradient_norm": norm}
    return players_after, metrics
