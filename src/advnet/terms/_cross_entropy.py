import jax
import jax.numpy as jnp
import optax

from advnet import _validation


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Minus the log-probability of each example's class, in nats.

    Args:
      logits: Of the classes [m, K].
      labels: Integers [m], 0 to K - 1. Examples without a label are not for it: leave
        them out, a -1 is no class.

    Returns:
      [m]; NaN where a class does not exist, which stops training, as inside a compiled
      step nobody can raise.

    Raises:
      TypeError: If labels are not integers.
      ValueError: If a class does not exist, where values can be seen (not inside jit).

    Examples:
      >>> logits = jnp.log(jnp.array([[0.25, 0.75]]))
      >>> cross_entropy(logits, jnp.array([0])).round(3).tolist()
      [1.3860000371932983]
    """
    num_classes = logits.shape[-1]
    _validation.check_integers(labels)
    _validation.check_classes(labels, num_classes)
    cost = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.where((labels >= 0) & (labels < num_classes), cost, jnp.nan)
