"""Dynamics that use the gradients of anticipated steps."""

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
import optax

from advnet._validation import check_at_least
from advnet.dynamics._init import (
    Optimizer,
    active_players,
    make_init,
    resolve_optimizers,
)
from advnet.dynamics._simultaneous import simultaneous
from advnet.dynamics._update import Players, apply_gradients, gradient, update
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def extragradient(
    game: Game, optimizers: Optimizer | Mapping[str, Optimizer]
) -> Algorithm:
    r"""Update all players with the gradients at the point one step ahead.

    .. math:: \omega' = \omega - \eta F(\omega),\qquad
              \omega \leftarrow \omega - \eta F(\omega')

    Both gradients use the same minibatch and noise. A step costs twice as much as with
    `simultaneous`. The method converges on bilinear games, where `simultaneous`
    diverges.

    Args:
      game: The game; its turns are not used.
      optimizers: One optimizer for all players, or a mapping with one for each name.
        Their states advance once per step, with the second gradient.

    Returns:
      An algorithm.

    Raises:
      ValueError: If an optimizer is missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = extragradient(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))

    References:
      Korpelevich 1976; Gidel et al. 2019, eq. 14.
    """
    optimizers = resolve_optimizers(optimizers, game)
    turn = active_players(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)
        step = state.step
        updated, _ = update(
            game, optimizers, state.players, turn, batch, key, step=step
        )
        params_ahead = {name: updated[name].variables.params for name in turn}
        # Only the parameters are taken: module states advance once per step.
        ahead = _with_params(state.players, params_ahead)
        gradients = {
            name: gradient(game, ahead, name, batch, key, step=step) for name in turn
        }
        players, metrics = apply_gradients(optimizers, state.players, gradients)
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def optimistic(
    game: Game, optimizers: Optimizer | Mapping[str, Optimizer]
) -> Algorithm:
    r"""Update all players with gradients extrapolated from the last two steps.

    .. math:: \omega_{t+1} = \omega_t - \eta\,(2 F(\omega_t) - F(\omega_{t-1}))

    The method approximates `extragradient` at half its cost. The equation is for plain
    gradient descent; with another optimizer, its updates take the place of F.

    Args:
      game: The game; its turns are not used.
      optimizers: One optimizer for all players, or a mapping with one for each name.
        Their updates are extrapolated, so that Adam becomes optimistic Adam.

    Returns:
      An algorithm.

    Raises:
      ValueError: If an optimizer is missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = optimistic(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))

    References:
      Daskalakis et al. 2018, eq. 6.
    """
    extrapolate = optax.scale_by_optimistic_gradient()
    extrapolating = {
        name: optax.chain(optimizer, extrapolate)
        for name, optimizer in resolve_optimizers(optimizers, game).items()
    }
    return simultaneous(game, extrapolating)


def consensus(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    weight: float = 1.0,
) -> Algorithm:
    r"""Add the gradient of the squared norm of all gradients to every update.

    .. math:: \omega \leftarrow \omega - \eta\,\bigl(F(\omega)
              + \gamma \nabla \tfrac12 \lVert F(\omega) \rVert^2\bigr)

    Args:
      game: The game; its turns are not used. Its players must be twice differentiable.
      optimizers: One optimizer for all players, or a mapping with one for each name.
      weight: γ. If it is too large, the method converges to any stationary point, not
        only to equilibria.

    Returns:
      An algorithm.

    Raises:
      ValueError: If an optimizer is missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = consensus(game, optax.sgd(0.1), weight=0.1)
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))

    References:
      Mescheder et al. 2017, eq. 9.
    """
    optimizers = resolve_optimizers(optimizers, game)
    turn = active_players(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)

        def half_squared_norm(params: dict[str, PyTree]):
            players = _with_params(state.players, params)
            gradients = {
                name: gradient(game, players, name, batch, key, step=state.step)
                for name in turn
            }
            squares = [
                optax.tree.norm(g.value, squared=True) for g in gradients.values()
            ]
            return sum(squares) / 2, gradients

        params = {name: state.players[name].variables.params for name in turn}
        penalties, gradients = jax.grad(half_squared_norm, has_aux=True)(params)
        gradients = {
            name: g._replace(value=_add_scaled(g.value, weight, penalties[name]))
            for name, g in gradients.items()
        }
        players, metrics = apply_gradients(optimizers, state.players, gradients)
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def unrolled(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    k: int = 5,
    inner: Optimizer | None = None,
) -> Algorithm:
    r"""Update the other players against the critic as it will be k steps later.

    .. math:: \nabla_{\theta_G} f\bigl(\theta_G, \theta_D^{(k)}(\theta_G)\bigr)

    Their gradients pass through k steps of the critic; the critic itself takes one
    step. The gain of a generator that drops modes disappears once the critic has
    adapted, so the anticipated steps counteract mode collapse.

    Args:
      game: The game; its first turn is unrolled.
      optimizers: One optimizer for all players, or a mapping with one for each name.
      k: Number of anticipated steps; each costs about two critic steps.
      inner: Optimizer of the anticipated steps, with a new state. The default is the
        critic's own optimizer in its current state. It is differentiated: Adam needs
        an `eps_root` above 0.

    Returns:
      An algorithm.

    Raises:
      ValueError: If k < 1 or an optimizer is missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = unrolled(game, optax.sgd(0.1), k=3)
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))

    References:
      Metz et al. 2017, eq. 5 to 10.
    """
    check_at_least(1, k=k)
    optimizers = resolve_optimizers(optimizers, game)
    critics, *later_turns = game.turns
    inner_optimizers = dict.fromkeys(critics, inner) if inner else optimizers

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), k + 2)

        def unroll(players: Players) -> Players:
            step = lambda players, key: (
                update(
                    game,
                    inner_optimizers,
                    players,
                    critics,
                    batch,
                    key,
                    step=state.step,
                )[0],
                None,
            )
            if inner:
                players = _with_new_opt_states(players, inner_optimizers, critics)
            return jax.lax.scan(step, players, keys[:k])[0]

        before = state.players
        players, metrics = update(
            game, optimizers, before, critics, batch, keys[k], step=state.step
        )
        for index, turn in enumerate(later_turns):
            key = jax.random.fold_in(keys[k + 1], index)
            # The unrolled steps start from the critic before its own update.
            start = players | {name: before[name] for name in critics}
            gradients = {
                name: gradient(
                    game, start, name, batch, key, step=state.step, unroll=unroll
                )
                for name in turn
            }
            players, turn_metrics = apply_gradients(optimizers, players, gradients)
            metrics |= turn_metrics
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def _with_params(players: Players, params: Mapping[str, PyTree]) -> Players:
    """Return the players with other parameters."""
    changes = {
        name: replace(
            players[name], variables=players[name].variables._replace(params=value)
        )
        for name, value in params.items()
    }
    return players | changes


def _with_new_opt_states(
    players: Players, optimizers: Mapping[str, Optimizer], names: tuple[str, ...]
) -> Players:
    """Return the players with newly initialized optimizer states."""
    changes = {
        name: replace(
            players[name],
            opt_state=optimizers[name].init(players[name].variables.params),
        )
        for name in names
    }
    return players | changes


def _add_scaled(a: PyTree, weight: float, b: PyTree) -> PyTree:
    """Compute a + weight * b in the types of `a`."""
    return jax.tree.map(lambda x, y: x + jnp.asarray(weight, x.dtype) * y, a, b)
