from collections.abc import Callable, Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.dynamics._init import Optimizer, make_init, per_player
from advnet.dynamics._update import update
from advnet.sharding import split_microbatches
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def alternating(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    k: int = 1,
    k_at: Callable[[jax.Array], jax.Array] | None = None,
) -> Algorithm:
    """Algorithm 1 of the paper: k steps of the critic, then one of everybody else.

    Every critic step has a minibatch of its own, so a batch holds k * m examples, and
    noise of its own. The others then move on fresh noise; a loss that also shows them
    data (relativistic ones do) uses the last minibatch again.

    Args:
      game: The game; its first turn is the one repeated.
      optimizers: One for all players, or one for each by name.
      k: Critic steps for each step of the others.
      k_at: A schedule, from the step (int32 []) to how many of the k critic steps are
        taken there, at least 1; the minibatches of the others are not used.

    Returns:
      An algorithm; its metrics are means over the critic steps taken. Two time scales
      are two learning rates: `{"discriminator": adam(4e-4), "generator": adam(1e-4)}`.

    Raises:
      ValueError: If k < 1, an optimizer is missing, or (at the first step) k does not
        divide the batch.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = alternating(game, optax.sgd(0.1), k=5)
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((20, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((20, 1)))
      >>> sorted(metrics)[:2]
      ['discriminator/fake_logit', 'discriminator/fake_probability']

    References:
      Goodfellow et al. 2014, Algorithm 1.
    """
    _validation.check_at_least(1, k=k)
    optimizers = per_player(optimizers, game)
    critics, *others = game.turns

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), k + 1)
        _validation.check_divisible(batch, k)
        minibatches = split_microbatches(batch, k)

        def critic_step(players, inputs):
            return update(game, optimizers, players, critics, *inputs)

        inputs = minibatches, keys[:k]
        if k_at is None:
            players, metrics = jax.lax.scan(critic_step, state.players, inputs)
            metrics = {name: values.mean() for name, values in metrics.items()}
        else:
            num = k_at(state.step)
            players, metrics = _scan_first(critic_step, state.players, inputs, num)
        last = jax.tree.map(lambda x: x[-1], minibatches)
        for index, turn in enumerate(others):
            key = jax.random.fold_in(keys[k], index)
            players, observed = update(game, optimizers, players, turn, last, key)
            metrics |= observed
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def _scan_first(step, carry, inputs, num: jax.Array):
    """Scans the first `num` inputs, a traced number; metrics are means over them."""
    first = jax.tree.map(lambda x: x[0], inputs)
    _, shapes = jax.eval_shape(step, carry, first)
    nothing = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

    def maybe(carry, numbered):
        index, one = numbered
        return jax.lax.cond(
            index < num,
            lambda carry: step(carry, one),
            lambda carry: (carry, nothing),
            carry,
        )

    length = jax.tree.leaves(inputs)[0].shape[0]
    carry, metrics = jax.lax.scan(maybe, carry, (jnp.arange(length), inputs))
    taken = jnp.clip(num, 1, length)
    mean = lambda values: values.sum() / taken.astype(values.dtype)
    return carry, {name: mean(values) for name, values in metrics.items()}
