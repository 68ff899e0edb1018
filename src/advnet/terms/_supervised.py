"""Losses on labeled examples."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from advnet._validation import check_classes
from advnet.terms._validation import check_integer_labels
from advnet.types import PyTree, Term, View


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Compute the negative log-probability of each example's class, in nats.

    Args:
      logits: Class logits [m, K].
      labels: Integer classes [m], 0 to K - 1. Remove examples without a label first:
        -1 is not a valid class.

    Returns:
      Cross-entropy of each example, [m]. In compiled code, which cannot raise, an
      invalid class gives NaN, and the NaN stops training.

    Raises:
      TypeError: If labels are not integers.
      ValueError: If a class is out of range and the labels are not traced.

    Examples:
      >>> logits = jnp.log(jnp.array([[0.25, 0.75]]))
      >>> cross_entropy(logits, jnp.array([0])).round(3).tolist()
      [1.3860000371932983]
    """
    num_classes = logits.shape[-1]
    check_integer_labels(labels)
    check_classes(labels, num_classes)
    cost = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.where((labels >= 0) & (labels < num_classes), cost, jnp.nan)


def supervised(
    inputs: Callable[[PyTree], tuple[PyTree, ...]],
    targets: Callable[[PyTree], PyTree],
    weight: float = 1.0,
    *,
    player: str = "discriminator",
    cost: Callable[[PyTree, PyTree], jax.Array] = cross_entropy,
    name: str = "supervised",
) -> Term:
    """Add a supervised loss on labeled examples to the loss of a player.

    Args:
      inputs: Function that maps a batch to the tuple of the player's inputs.
      targets: Function that maps a batch to the targets of the player's output.
      weight: Factor of the term.
      player: Name of the player to train.
      cost: `cost(output, targets) -> [m]`; cross-entropy in nats by default.
      name: Name of the term among the metrics.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> term = supervised(lambda batch: (batch["x"],), lambda batch: batch["label"])
      >>> term.name
      'supervised'

    References:
      Salimans et al. 2016, section 5, for the use of labels in a game.
    """

    def fn(view: View) -> jax.Array:
        output = view.play(player, *inputs(view.batch))
        return cost(output, targets(view.batch))

    return Term(name, player, fn, weight)
