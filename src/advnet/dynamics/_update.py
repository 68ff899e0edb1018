"""One gradient step for everyone in a turn: what all dynamics share."""

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
) -> tuple[Players, Metrics]:
    """Moves every player of `turn` one step, all from the same point.

    Each objective is differentiated with respect to its own player's parameters and
    nothing else, so no gradient has to be stopped anywhere. All of them draw from the
    same `key`, hence the same noise and dropout masks. Players outside the turn do not
    change, not even their batch statistics.

    Args:
      game: The game.
      optimizers: One for each player of the turn, by name.
      players: All players, by name.
      turn: Who moves.
      batch: Examples, as the game's objectives want them.
      key: Consumed.

    Returns:
      The players after the update, and the metrics of those who moved.

    Examples:
      A dynamics of your own is a function of moves:

      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> x, sgd = jnp.zeros((8, 1)), optax.sgd(0.1)
      >>> optimizers = {"generator": sgd, "discriminator": sgd}
      >>> state = advnet.alternating(game, optimizers).init(jax.random.key(0), x)
      >>> players, metrics = update(
      ...     game, optimizers, state.players, ["generator"], x, jax.random.key(1)
      ... )
      >>> sorted(metrics)
      ['generator/gradient_norm', 'generator/loss']
    """
    gradients = {name: gradient(game, players, name, batch, key) for name in turn}
    return apply_gradients(optimizers, players, gradients)


class Gradient(NamedTuple):
    """One player's gradient, with its new module state and metrics."""

    value: PyTree
    state: PyTree
    metrics: Metrics


def gradient(
    game: Game,
    players: Players,
    name: str,
    batch: PyTree,
    key: jax.Array,
    *,
    unroll: Callable[[Players], Players] = lambda players: players,
) -> Gradient:
    """Differentiates a player's objective with respect to its own parameters alone.

    `unroll` lets the other players answer first, and is differentiated through.
    """
    play_key, objective_key = jax.random.split(key)
    own = players[name]

    def loss(params: PyTree):
        mine = replace(own, variables=own.variables._replace(params=params))
        answered = unroll({**players, name: mine})
        variables = {other: player.variables for other, player in answered.items()}
        play = Play(game.players, variables, play_key)
        value, metrics = game.objectives[name](play, batch, objective_key)
        return value, (play.variables[name].state, metrics)

    value, (state, metrics) = jax.grad(loss, has_aux=True)(own.variables.params)
    return Gradient(value, state, metrics)


def apply_gradients(
    optimizers: Mapping[str, optax.GradientTransformation],
    players: Players,
    gradients: Mapping[str, Gradient],
) -> tuple[Players, Metrics]:
    """Hands each gradient to its player's optimizer; nobody else changes."""
    moved, metrics = dict(players), {}
    for name, (value, state, observed) in gradients.items():
        params, optimizer = players[name].variables.params, optimizers[name]
        updates, opt_state = optimizer.update(value, players[name].opt_state, params)
        moved[name] = replace(
            players[name],
            variables=Variables(optax.apply_updates(params, updates), state),
            opt_state=opt_state,
        )
        metrics |= observed | {f"{name}/gradient_norm": optax.tree.norm(value)}
    return moved, metrics
