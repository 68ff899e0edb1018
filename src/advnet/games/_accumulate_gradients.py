import jax
import jax.numpy as jnp

from advnet import sharding
from advnet._validation import check_at_least
from advnet.types import Game, Metrics, Objective, Play, PyTree


def accumulate_gradients(game: Game, num: int) -> Game:
    """Split every batch of a game into parts, and average the gradients of the parts.

    Each player minimizes the mean of its objective over `num` parts of m / num
    examples. The parts are computed one after another, so memory holds the activations
    of a single part. The backward pass computes every part a second time, which costs
    about a third more work.

    Where losses and terms are means over examples, the step equals the step on the full
    batch, except that each part draws its own noise. Operations that couple examples
    are taken within a part: batch statistics (their running means are updated `num`
    times in a step), the averages in relativistic average losses, feature matching and
    minibatch statistics.

    Args:
      game: Any game that `dynamics.alternating` or another dynamics accepts.
      num: Number of parts; it must divide every batch (with k > 1, each of the k
        minibatches of a step).

    Returns:
      A game with the same players. Its metrics are means over the parts.

    Raises:
      ValueError: If `num` < 1, or, at the first step, if `num` does not divide the
        batch or the game records memories.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(accumulate_gradients(game, 4), optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state, metrics = algorithm.train_step(state, jnp.zeros((8, 1)))

    References:
      Chen et al. 2016 (recomputation of activations).
    """
    check_at_least(1, num=num)
    objectives = {
        name: _average_over_parts(objective, game, num)
        for name, objective in game.objectives.items()
    }
    return game._replace(objectives=objectives)


def _average_over_parts(objective: Objective, game: Game, num: int) -> Objective:
    """Return the mean of an objective over `num` parts of its batch."""

    def mean_objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        _check_parts(batch, num)
        parts = sharding.split_microbatches(batch, num)
        if set(game.players) - set(play.variables):
            # Players are still to be initialized: the first part has their shapes.
            return objective(play, jax.tree.map(lambda x: x[0], parts), key)

        def evaluate_part(states: PyTree, indexed_part: tuple[jax.Array, PyTree]):
            index, part = indexed_part
            part_play = play.fork(index, states)
            part_key = jax.random.fold_in(key, index)
            result = objective(part_play, part, part_key)
            return part_play.states, result

        # Without checkpointing, the scan stores the activations of all parts.
        evaluate_part = jax.checkpoint(evaluate_part, prevent_cse=False)
        states, (values, metrics) = jax.lax.scan(
            evaluate_part, play.states, (jnp.arange(num), parts)
        )
        play.states = states
        return values.mean(), {name: x.mean() for name, x in metrics.items()}

    return mean_objective


def _check_parts(batch: PyTree, num: int) -> None:
    """Raise ValueError if `num` does not divide a batch."""
    sizes = sorted({leaf.shape[0] for leaf in jax.tree.leaves(batch)})
    if any(size % num for size in sizes):
        raise ValueError(
            f"Accumulating gradients over {num} parts needs batches of a multiple of "
            f"{num} examples, got {sizes}. Change the batch size or the number of "
            "parts."
        )
