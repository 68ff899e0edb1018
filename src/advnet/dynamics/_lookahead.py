"""Dynamics that look where the others are going before they move."""

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
import optax

from advnet import _validation
from advnet.dynamics._init import Optimizer, all_players, make_init, per_player
from advnet.dynamics._simultaneous import simultaneous
from advnet.dynamics._update import Players, apply_gradients, gradient, update
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def extragradient(
    game: Game, optimizers: Optimizer | Mapping[str, Optimizer]
) -> Algorithm:
    r"""Steps ahead, looks at the slope there, and takes that step from here.

    .. math:: \omega' = \omega - \eta F(\omega),\qquad
              \omega \leftarrow \omega - \eta F(\omega')

    Both gradients use the same minibatch and noise. Twice the work of `simultaneous`;
    converges on bilinear games, where that diverges.

    Args:
      game: The game; its turns are not used.
      optimizers: One for all players, or one for each by name. Their state advances
        once a step, by the second gradient.

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
    optimizers = per_player(optimizers, game)
    turn = all_players(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)
        ahead, _ = update(game, optimizers, state.players, turn, batch, key)
        there = {name: ahead[name].variables.params for name in turn}
        ahead = _at(state.players, there)  # module states move once a step
        gradients = {name: gradient(game, ahead, name, batch, key) for name in turn}
        players, metrics = apply_gradients(optimizers, state.players, gradients)
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def optimistic(
    game: Game, optimizers: Optimizer | Mapping[str, Optimizer]
) -> Algorithm:
    r"""Guesses the next step from the last two: extragradient at half the price.

    .. math:: \omega_{t+1} = \omega_t - \eta\,(2 F(\omega_t) - F(\omega_{t-1}))

    For plain gradient descent; with another optimizer, its updates stand for F.

    Args:
      game: The game; its turns are not used.
      optimizers: One for all players, or one for each by name; what is extrapolated is
        their update, so that Adam becomes optimistic Adam.

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
    guess = optax.scale_by_optimistic_gradient()
    guessing = {
        name: optax.chain(optimizer, guess)
        for name, optimizer in per_player(optimizers, game).items()
    }
    return simultaneous(game, guessing)


def consensus(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    weight: float = 1.0,
) -> Algorithm:
    r"""Everybody also wants everybody's gradients to be small.

    .. math:: \omega \leftarrow \omega - \eta\,\bigl(F(\omega)
              + \gamma \nabla \tfrac12 \lVert F(\omega) \rVert^2\bigr)

    Args:
      game: The game; its turns are not used. Its players must be twice differentiable.
      optimizers: One for all players, or one for each by name.
      weight: γ. Too large, and any stationary point will do, not only equilibria.

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
    optimizers = per_player(optimizers, game)
    turn = all_players(game)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)

        def disagreement(params: dict[str, PyTree]):
            players = _at(state.players, params)
            found = {name: gradient(game, players, name, batch, key) for name in turn}
            squares = [
                optax.tree.norm(one.value, squared=True) for one in found.values()
            ]
            return sum(squares) / 2, found

        here = {name: state.players[name].variables.params for name in turn}
        pulls, gradients = jax.grad(disagreement, has_aux=True)(here)
        gradients = {
            name: one._replace(value=_plus(one.value, weight, pulls[name]))
            for name, one in gradients.items()
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
    r"""The others play against the critic as it will be k steps from now.

    .. math:: \nabla_{\theta_G} f\bigl(\theta_G, \theta_D^{(k)}(\theta_G)\bigr)

    They differentiate through the critic's k answers to their own move; the critic
    itself takes one step. What a generator gains by dropping modes it loses again when
    it sees the answer coming.

    Args:
      game: The game; its first turn is the one unrolled.
      optimizers: One for all players, or one for each by name.
      k: Answers foreseen; each costs about one more critic step, twice.
      inner: The optimizer of the foreseen steps, started afresh; by default the
        critic's own, in its present state. It is differentiated: Adam needs an
        `eps_root` above 0.

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
    _validation.check_at_least(1, k=k)
    optimizers = per_player(optimizers, game)
    critics, *others = game.turns
    foreseen = dict.fromkeys(critics, inner) if inner else optimizers

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), k + 2)

        def unroll(players: Players) -> Players:
            step = lambda players, key: (
                update(game, foreseen, players, critics, batch, key)[0],
                None,
            )
            started = _started(players, foreseen, critics) if inner else players
            return jax.lax.scan(step, started, keys[:k])[0]

        before = state.players
        players, metrics = update(game, optimizers, before, critics, batch, keys[k])
        for index, turn in enumerate(others):
            key = jax.random.fold_in(keys[k + 1], index)
            unmoved = players | {name: before[name] for name in critics}
            gradients = {
                name: gradient(game, unmoved, name, batch, key, unroll=unroll)
                for name in turn
            }
            players, observed = apply_gradients(optimizers, players, gradients)
            metrics |= observed
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def _at(players: Players, params: Mapping[str, PyTree]) -> Players:
    """The players with other parameters."""
    changed = {
        name: replace(
            players[name], variables=players[name].variables._replace(params=value)
        )
        for name, value in params.items()
    }
    return players | changed


def _started(
    players: Players, optimizers: Mapping[str, Optimizer], names: tuple[str, ...]
) -> Players:
    """The players with fresh optimizer states."""
    fresh = {
        name: replace(
            players[name],
            opt_state=optimizers[name].init(players[name].variables.params),
        )
        for name in names
    }
    return players | fresh


def _plus(value: PyTree, weight: float, pull: PyTree) -> PyTree:
    return jax.tree.map(lambda a, b: a + jnp.asarray(weight, a.dtype) * b, value, pull)
