from collections.abc import Callable

import jax

from advnet.terms._cross_entropy import cross_entropy
from advnet.types import PyTree, Term, View


def supervised(
    inputs: Callable[[PyTree], tuple[PyTree, ...]],
    targets: Callable[[PyTree], PyTree],
    weight: float = 1.0,
    *,
    player: str = "discriminator",
    cost: Callable[[PyTree, PyTree], jax.Array] = cross_entropy,
    name: str = "supervised",
) -> Term:
    """Trains a player on labeled examples beside the game.

    Args:
      inputs: From the batch to the tuple of the player's inputs.
      targets: From the batch to what the player should answer.
      weight: Multiplies the term.
      player: Who is taught.
      cost: `cost(output, targets) -> [m]`; cross-entropy in nats by default.
      name: Its name among the metrics.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> term = supervised(lambda batch: (batch["x"],), lambda batch: batch["label"])
      >>> term.name
      'supervised'

    References:
      Salimans et al. 2016, section 5, for its place in a game.
    """

    def fn(view: View) -> jax.Array:
        output = view.play(player, *inputs(view.batch))
        return cost(output, targets(view.batch))

    return Term(name, player, fn, weight)
