"""Least-squares loss."""

import jax

from advnet import theory
from advnet.types import Loss, Theory


def least_squares(
    *, fake_label: float = 0.0, real_label: float = 1.0, target: float = 1.0
) -> Loss:
    r"""Build the least-squares loss (LSGAN).

    .. math:: \tfrac12 (D(x) - b)^2 + \tfrac12 (D(G(z)) - a)^2 \quad\text{and}\quad
              \tfrac12 (D(G(z)) - c)^2

    With a = -1, b = 1, c = 0 the generator minimizes the Pearson chi-squared divergence
    between p + q and 2q.

    Args:
      fake_label: The critic's target for samples, a.
      real_label: The critic's target for data, b; must differ from a.
      target: The generator's target for the critic's output on samples, c.

    Returns:
      A loss on the critic's unbounded output.

    Raises:
      ValueError: If the two labels are equal.

    Examples:
      >>> least_squares().generator(jnp.zeros(1), jnp.zeros(1))
      Array([0.5], dtype=float32)

    References:
      Mao et al. 2017, eq. 2 and 9.
    """
    if fake_label == real_label:
        raise ValueError(
            f"Expected fake_label != real_label, got {fake_label} for both. Use two "
            "different labels, such as 0 and 1."
        )

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return ((real - real_label) ** 2 + (fake - fake_label) ** 2) / 2

    def generator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return (fake - target) ** 2 / 2

    def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
        share = theory.optimal_discriminator(p, q)
        return fake_label + (real_label - fake_label) * share

    gap = (real_label - fake_label) ** 2

    def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
        return gap / 8 * theory.le_cam(p, q)

    name = f"{gap / 8:g} Le Cam(p, q)"
    return Loss(
        discriminator,
        generator,
        theory=Theory(name, divergence, optimal_logit, gap / 4),
        threshold=(real_label + fake_label) / 2,
    )
