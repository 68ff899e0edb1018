import jax
import jax.numpy as jnp

from advnet import sharding
from advnet._validation import check_at_least
from advnet.games._play import Play
from advnet.types import Game, Objective, PyTree


def accumulate_gradients(game: Game, num: int) -> Game:
    """The same game, its objectives and gradients taken over `num` parts of a batch.

    Each player minimizes the mean over parts of m / num examples, one after the other,
    and only one part's activations are in memory. Every part is computed once more in
    the backward pass: about a third more work.

    Where losses and terms are means over examples, this is the full batch's step, with
    other noise: each part draws its own. What couples examples does so within a part:
    batch statistics are a part's (their running means move `num` times a step), and so
    are the averages inside relativistic-average losses, feature matching and minibatch
    statistics.

    Args:
      game: Any game, as it is given to `dynamics.alternating` and the others.
      num: Parts; it must divide every batch (each of the k minibatches of a step).

    Returns:
      A game of the same players, whose metrics are means over the parts.

    Raises:
      ValueError: If `num` < 1, or (at the first step) it does not divide the batch.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(accumulate_gradients(game, 4), optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((8, 1)))

    References:
      Chen et al. 2016 (recomputing activations).
    """
    check_at_least(1, num=num)
    objectives = {
        name: _in_parts(objective, game, num)
        for name, objective in game.objectives.items()
    }
    return game._replace(objectives=objectives)


def _in_parts(objective: Objective, game: Game, num: int) -> Objective:
    def whole(play: Play, batch: PyTree, key: jax.Array):
        _divisible(batch, num)
        parts = sharding.split_microbatches(batch, num)
        if set(game.players) - set(play.variables):  # at init: one part shows shapes
            return objective(play, jax.tree.map(lambda x: x[0], parts), key)

        def one(states: PyTree, numbered: tuple[jax.Array, PyTree]):
            index, part = numbered
            inner = play.fork(index, states)
            part_key = jax.random.fold_in(key, index)
            result = objective(inner, part, part_key)
            return inner.states, result

        # Without it the scan would keep all parts' activations for its backward pass.
        one = jax.checkpoint(one, prevent_cse=False)
        states, (values, metrics) = jax.lax.scan(
            one, play.states, (jnp.arange(num), parts)
        )
        play.states = states
        return values.mean(), {name: x.mean() for name, x in metrics.items()}

    return whole


def _divisible(batch: PyTree, num: int) -> None:
    sizes = sorted({leaf.shape[0] for leaf in jax.tree.leaves(batch)})
    if any(size % num for size in sizes):
        raise ValueError(
            f"A game accumulated over {num} parts needs batches of a multiple of {num} "
            f"examples, got {sizes}. Draw others, or accumulate over fewer parts."
        )
