"""Losses on differences of logits: is this more realistic than that?"""

import math

import jax
import jax.numpy as jnp
from jax.nn import softplus

from advnet import theory
from advnet.types import Loss, Theory


def relativistic() -> Loss:
    r"""The relativistic pairing loss (RpGAN), each real example with one fake.

    .. math:: -\log \sigma(D(x) - D(G(z))) \quad\text{and}\quad
              -\log \sigma(D(G(z)) - D(x))

    With `terms.r1` and `terms.r2` the most dependable configuration known (R3GAN).

    Returns:
      A loss in nats; logits have meaning up to a common constant.

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
    r"""The relativistic average loss (RaGAN): each against the other side's mean.

    .. math:: -\log \sigma(D(x) - \overline{D(G(z))})
              - \log \sigma(\overline{D(x)} - D(G(z)))

    and the same with real and fake exchanged. The means are over the batch.

    Returns:
      A loss in nats; logits have meaning up to a common constant.

    Examples:
      >>> relativistic_average().discriminator(jnp.zeros(1), jnp.zeros(1))  # log 4
      Array([1.3862944], dtype=float32)

    References:
      Jolicoeur-Martineau 2019, eq. 8 and 9; 2020 for the divergence.
    """

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return softplus(fake.mean() - real) + softplus(fake - real.mean())

    def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
        return chance - _averaged_risk(_averaged_logit(p, q), p, q)

    chance = 2 * math.log(2.0)
    return Loss(
        discriminator,
        lambda real, fake: discriminator(fake, real),
        theory=Theory(
            "relativistic average JSD(p, q)", divergence, _averaged_logit, chance
        ),
    )


def _averaged_risk(logits: jax.Array, p: jax.Array, q: jax.Array) -> jax.Array:
    """The critic's expected loss, in nats, for logits [n] on the points of p and q."""
    real, fake = p @ logits, q @ logits
    return p @ softplus(fake - logits) + q @ softplus(logits - real)


def _averaged_logit(p: jax.Array, q: jax.Array) -> jax.Array:
    """No closed form, but a convex problem: Newton's method from log p - log q."""

    def newton(_: int, logits: jax.Array) -> jax.Array:
        gradient = jax.grad(_averaged_risk)(logits, p, q)
        # The risk ignores a common constant; this term holds the mean logit still.
        curvature = jax.hessian(_averaged_risk)(logits, p, q) + jnp.outer(p, p)
        # And where neither has mass, any logit will do.
        curvature += jnp.diag((p + q == 0).astype(p.dtype))
        return logits - jnp.linalg.solve(curvature, gradient)

    return jax.lax.fori_loop(0, 20, newton, theory.optimal_logit(p, q))
