from collections.abc import Callable
from typing import Any

import jax

from advnet.games import _validation
from advnet.networks import as_network
from advnet.terms import cross_entropy
from advnet.types import Game, Metrics, Play, PyTree


def classification(
    classifier: Any,
    *,
    cost: Callable[[PyTree, PyTree], jax.Array] = cross_entropy,
) -> Game:
    """Build a game with a single player that learns from labels.

    It serves as a supervised baseline, and to train classifiers that evaluate samples.

    Args:
      classifier: `x [m, ...] -> class logits [m, K]`, or any output that `cost`
        accepts.
      cost: `cost(output, y) -> [m]`; the default is the cross-entropy in nats.

    Returns:
      A game whose batch is `(x, y)` and whose one player is "classifier".

    Raises:
      TypeError: At `init`, if the batch holds no labels.

    Examples:
      >>> game = classification(nn.Dense(3))
      >>> batch = jnp.zeros((8, 2)), jnp.arange(8) % 3
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), batch)
      >>> advnet.classify(game, state, jnp.zeros((5, 2)), player="classifier").shape
      (5, 3)
    """

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        x, y = _validation.require_pair(batch, "classification")
        loss = cost(play("classifier", x), y).mean()
        return loss, {"classifier/loss": loss}

    return Game(
        players={"classifier": as_network(classifier)},
        objectives={"classifier": objective},
        turns=(("classifier",),),
    )
