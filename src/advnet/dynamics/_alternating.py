from collections.abc import Callable, Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.dynamics._init import Optimizer, make_init, resolve_optimizers
from advnet.dynamics._update import Players, update
from advnet.dynamics._validation import check_divisible
from advnet.sharding import split_microbatches
from advnet.types import Algorithm, Game, Metrics, PyTree, State


def alternating(
    game: Game,
    optimizers: Optimizer | Mapping[str, Optimizer],
    *,
    k: int = 1,
    k_at: Callable[[jax.Array], jax.Array] | None = None,
) -> Algorithm:
    """Alternate k steps of the critic with one step of the other players (Algorithm 1).

    Every critic step uses its own minibatch and its own noise, so a batch holds k * m
    examples. The other players are then updated with fresh noise. A loss that also
    evaluates their real logits (relativistic losses) uses the last minibatch again.

    Args:
      game: The game; its first turn is repeated k times.
      optimizers: One optimizer for all players, or a mapping with one for each name.
      k: Critic steps for each step of the other players.
      k_at: Schedule of the number of critic steps: a function from the step (int32 [])
        to a number from 1 to k. The remaining minibatches are not used.

    Returns:
      An algorithm. Its critic metrics are means over the critic steps. For two time
      scales, pass two learning rates:
      `{"discriminator": adam(4e-4), "generator": adam(1e-4)}`.

    Raises:
      ValueError: If k < 1, if an optimizer is missing, or, at the first step, if k does
        not divide the batch.

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
    check_at_least(1, k=k)
    optimizers = resolve_optimizers(optimizers, game)
    critics, *later_turns = game.turns

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), k + 1)
        check_divisible(batch, k)
        minibatches = split_microbatches(batch, k)

        def critic_step(players: Players, inputs: tuple) -> tuple[Players, Metrics]:
            return update(game, optimizers, players, critics, *inputs, step=state.step)

        inputs = minibatches, keys[:k]
        if k_at is None:
            players, metrics = jax.lax.scan(critic_step, state.players, inputs)
            metrics = {name: values.mean() for name, values in metrics.items()}
        else:
            num_steps = k_at(state.step)
            players, metrics = _scan_first(
                critic_step, state.players, inputs, num_steps
            )
        last_minibatch = jax.tree.map(lambda x: x[-1], minibatches)
        for index, turn in enumerate(later_turns):
            key = jax.random.fold_in(keys[k], index)
            players, turn_metrics = update(
                game, optimizers, players, turn, last_minibatch, key, step=state.step
            )
            metrics |= turn_metrics
        return replace(state, step=state.step + 1, players=players), metrics

    return Algorithm(make_init(game, optimizers), train_step)


def _scan_first(
    step: Callable, carry: PyTree, inputs: PyTree, num: jax.Array
) -> tuple[PyTree, Metrics]:
    """Scan over the first `num` inputs (traced), and return means of their metrics."""
    first = jax.tree.map(lambda x: x[0], inputs)
    _, shapes = jax.eval_shape(step, carry, first)
    zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

    def step_if_first(carry: PyTree, indexed_input: tuple[jax.Array, PyTree]):
        index, step_input = indexed_input
        return jax.lax.cond(
            index < num,
            lambda carry: step(carry, step_input),
            lambda carry: (carry, zeros),
            carry,
        )

    length = jax.tree.leaves(inputs)[0].shape[0]
    carry, metrics = jax.lax.scan(step_if_first, carry, (jnp.arange(length), inputs))
    count = jnp.clip(num, 1, length)
    mean = lambda values: values.sum() / count.astype(values.dtype)
    return carry, {name: mean(values) for name, values in metrics.items()}
