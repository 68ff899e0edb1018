"""Relativistic losses, which depend on differences of real and fake logits."""

import math

import jax
import jax.numpy as jnp
from jax.nn import softplus

from advnet import theory
from advnet.types import Loss, Theory


def relativistic() -> Loss:
    r"""Build the relativistic pairing loss (RpGAN).

    .. math:: -\log \sigma(D(x) - D(G(z))) \quad\text{and}\quad
              -\log \sigma(D(G(z)) - D(x))

    Each real example is paired with one sample. With `terms.r1` and `terms.r2` this is
    the configuration of R3GAN.

    Returns:
      A loss in nats; logits are defined up to a common constant.

    Examples:
      >>> relativistic().discriminator(jnp.zeros(1), jnp.zeros(1))  # log 2
      Array([0.6931472], dtype=float32)

    References:
      Jolicoeur-Martineau 2019, eq. 3 and 4; Huang et al. 2024, eq. 2.
    """

    def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
        return theory.jensen_shannon(jnp.outer(p, q), jnp.outer(q, p))

    return Loss(
        lambda real, fake: softplus(fake - real),
        lambda real, fake: softplus(real - fake),
        theory=Theory(
            "JSD(p x q, q x p)",
            divergence,
            theory.optimal_logit,
            math.log(2.0),
        ),
    )


def relativistic_average() -> Loss:
    r"""Build the relativistic average loss (RaGAN).

    Each logit is compared with the mean logit of the opposite side, position by
    position for maps of patches (BasicSR averages over positions too).

    .. math:: -\log \sigma(D(x) - \overline{D(G(z))})
              - \log \sigma(\overline{D(x)} - D(G(z)))

    is the critic's loss; the generator's loss exchanges real and fake. The means are
    over the batch.

    Returns:
      A loss in nats; logits are defined up to a common constant.

    Examples:
      >>> relativistic_average().discriminator(jnp.zeros(1), jnp.zeros(1))  # log 4
      Array([1.3862944], dtype=float32)

    References:
      Jolicoeur-Martineau 2019, eq. 8 and 9; 2020 for the divergence.
    """

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        mean = lambda x: x.mean(axis=0, keepdims=True)
        return softplus(mean(fake) - real) + softplus(fake - mean(real))

    def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
        return equilibrium - _critic_risk(_optimal_logit(p, q), p, q)

    equilibrium = 2 * math.log(2.0)
    return Loss(
        discriminator,
        lambda real, fake: discriminator(fake, real),
        theory=Theory(
            "relativistic average JSD(p, q)", divergence, _optimal_logit, equilibrium
        ),
    )


def _critic_risk(logits: jax.Array, p: jax.Array, q: jax.Array) -> jax.Array:
    """Compute the critic's expected loss for logits [n] on the points of p and q."""
    real, fake = p @ logits, q @ logits
    return p @ softplus(fake - logits) + q @ softplus(logits - real)


def _optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
    """Compute the logits that minimize the critic's risk, with Newton's method.

    The problem is convex but has no closed form. The iteration starts at
    log p - log q.
    """

    def newton(_: int, logits: jax.Array) -> jax.Array:
        gradient = jax.grad(_critic_risk)(logits, p, q)
        # The risk does not depend on a common constant; this term fixes the mean logit.
        curvature = jax.hessian(_critic_risk)(logits, p, q) + jnp.outer(p, p)
        # Where neither p nor q has mass, the logit is arbitrary.
        curvature += jnp.diag((p + q == 0).astype(p.dtype))
        return logits - jnp.linalg.solve(curvature, gradient)

    return jax.lax.fori_loop(0, 20, newton, theory.optimal_logit(p, q))
