import jax

from advnet.types import Loss


def zero_sum(loss: Loss, *, weight: float = 1.0) -> Loss:
    r"""Build a loss whose second player maximizes the critic's loss.

    This is gradient reversal: the other players minimize
    :math:`-\lambda` times the discriminator's loss, at real and at fake examples.

    Args:
      loss: Loss of the critic.
      weight: λ.

    Returns:
      A loss without theory.

    Examples:
      >>> loss = zero_sum(advnet.losses.non_saturating(), weight=0.1)
      >>> f"{float(loss.generator(jnp.zeros(()), jnp.zeros(()))):.4f}"  # -.1 log 4
      '-0.1386'

    References:
      Ganin et al. 2016, eq. 9.
    """

    def generator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return -weight * loss.discriminator(real, fake)

    return Loss(
        loss.discriminator, generator, loss.probability, threshold=loss.threshold
    )
