"""Losses linear in the logits, up to a margin: hinge and Wasserstein."""

import jax
import jax.numpy as jnp
from jax.nn import relu

from advnet import theory
from advnet.types import Loss, Theory


def hinge(*, margin: float = 1.0) -> Loss:
    r"""Build the hinge loss of geometric GAN, SNGAN and BigGAN.

    .. math:: \max(0, 1 - D(x)) + \max(0, 1 + D(G(z))) \quad\text{and}\quad -D(G(z))

    Args:
      margin: Positive number. A real logit above the margin and a fake logit below its
        negative cost the critic nothing.

    Returns:
      A loss on the critic's unbounded output.

    Raises:
      ValueError: If `margin` is not positive.

    Examples:
      >>> hinge().discriminator(jnp.array([0.0]), jnp.array([-2.0]))
      Array([1.], dtype=float32)

    References:
      Lim and Ye 2017; Miyato et al. 2018, eq. 16 and 17.
    """
    if margin <= 0:
        raise ValueError(f"Expected a positive margin, got {margin}.")

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return relu(margin - real) + relu(margin + fake)

    return Loss(
        discriminator,
        lambda real, fake: -fake,
        theory=Theory(
            f"{2 * margin:g} TV(p, q)",
            lambda p, q: 2 * margin * theory.total_variation(p, q),
            lambda p, q: margin * jnp.sign(p - q),
            2 * margin,
        ),
        threshold=0.0,
    )


def wasserstein() -> Loss:
    r"""Build the loss of WGAN, the difference of the mean logits.

    .. math:: D(G(z)) - D(x) \quad\text{and}\quad -D(G(z))

    The loss is meaningful only if the critic is Lipschitz: for WGAN-GP, add the term
    `terms.gradient_penalty(10.0)`. The `theory` of the loss is for distributions on the
    points 0, 1, ..., n - 1 and critics whose neighboring logits differ by at most 1.

    Returns:
      A loss on the critic's unbounded output.

    Examples:
      >>> wasserstein().discriminator(jnp.array([3.0]), jnp.array([1.0]))
      Array([-2.], dtype=float32)

    References:
      Arjovsky et al. 2017, eq. 2 and 3.
    """

    def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
        slopes = -jnp.sign(jnp.cumsum(p - q)[:-1])
        return jnp.concatenate([jnp.zeros_like(slopes[:1]), jnp.cumsum(slopes)])

    return Loss(
        lambda real, fake: fake - real,
        lambda real, fake: -fake,
        theory=Theory("W1(p, q)", theory.wasserstein, optimal_logit, 0.0),
    )
