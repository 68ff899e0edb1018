"""Variational divergence minimization: one loss for each f-divergence."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid, softplus

from advnet import theory
from advnet._validation import require_known
from advnet.types import Loss, Theory

Scalar = Callable[[jax.Array], jax.Array]


class FDivergence(NamedTuple):
    r"""Definition of an f-divergence, D_f(p, q) = E_q f(p / q), for `f_gan`.

    All attributes but `divergence` are elementwise functions.

    Attributes:
      f: Convex function with f(1) = 0.
      conjugate: Convex conjugate, :math:`f^*(t) = \sup_u\, ut - f(u)`.
      activation: Function that maps a logit v to the domain of the conjugate.
      payoff: conjugate(activation(v)), in a form that does not overflow early.
      logit_of_ratio: Optimal logit v as a function of log p - log q.
      ratio_of_logit: Inverse of `logit_of_ratio`; None if it is not defined for every
        logit.
      divergence: D_f of two discrete distributions, [n] each.
    """

    f: Scalar
    conjugate: Scalar
    activation: Scalar
    payoff: Scalar
    logit_of_ratio: Scalar
    ratio_of_logit: Scalar | None
    divergence: Callable[[jax.Array, jax.Array], jax.Array]


_LOG_2 = math.log(2.0)

F_DIVERGENCES = {
    "kl": FDivergence(
        f=lambda u: u * jnp.log(u),
        conjugate=lambda t: jnp.exp(t - 1),
        activation=lambda v: v,
        payoff=lambda v: jnp.exp(v - 1),
        logit_of_ratio=lambda r: 1 + r,
        ratio_of_logit=lambda v: v - 1,
        divergence=theory.kl,
    ),
    "reverse_kl": FDivergence(
        f=lambda u: -jnp.log(u),
        conjugate=lambda t: -1 - jnp.log(-t),
        activation=lambda v: -jnp.exp(-v),
        payoff=lambda v: v - 1,
        logit_of_ratio=lambda r: r,
        ratio_of_logit=lambda v: v,
        divergence=theory.reverse_kl,
    ),
    "pearson": FDivergence(
        f=lambda u: (u - 1) ** 2,
        conjugate=lambda t: t**2 / 4 + t,
        activation=lambda v: v,
        payoff=lambda v: v**2 / 4 + v,
        logit_of_ratio=lambda r: 2 * jnp.expm1(r),
        ratio_of_logit=None,
        divergence=theory.pearson,
    ),
    "squared_hellinger": FDivergence(
        f=lambda u: (jnp.sqrt(u) - 1) ** 2,
        conjugate=lambda t: t / (1 - t),
        activation=lambda v: -jnp.expm1(-v),
        payoff=lambda v: jnp.expm1(v),
        logit_of_ratio=lambda r: r / 2,
        ratio_of_logit=lambda v: 2 * v,
        divergence=theory.squared_hellinger,
    ),
    "jensen_shannon": FDivergence(
        f=lambda u: u * jnp.log(u) - (u + 1) * jnp.log((u + 1) / 2),
        conjugate=lambda t: -jnp.log(2 - jnp.exp(t)),
        activation=lambda v: _LOG_2 - softplus(-v),
        payoff=lambda v: softplus(v) - _LOG_2,
        logit_of_ratio=lambda r: r,
        ratio_of_logit=lambda v: v,
        divergence=lambda p, q: 2 * theory.jensen_shannon(p, q),
    ),
}
"""Definitions of the f-divergences, by the name that `f_gan` takes."""


def f_gan(divergence: str = "jensen_shannon", *, saturating: bool = False) -> Loss:
    r"""Build the f-GAN loss, which minimizes an f-divergence of data from model.

    .. math:: \min_G \max_D\; \mathbb{E}\, g(D(x)) - \mathbb{E}\, f^*(g(D(G(z))))

    Args:
      divergence: A name in `F_DIVERGENCES`: "kl", "reverse_kl", "pearson",
        "squared_hellinger" or "jensen_shannon" (twice the JSD).
      saturating: Whether the generator minimizes the value of the game. By default it
        maximizes g(D(G(z))), as section 3.2 of the reference recommends.

    Returns:
      A loss. The optimal critic's loss is the negative divergence.

    Raises:
      ValueError: If the name is unknown.

    Examples:
      >>> f_gan("kl").discriminator(jnp.array([1.0]), jnp.array([1.0]))
      Array([0.], dtype=float32)

    References:
      Nowozin et al. 2016, eq. 4 to 7 and tables 1, 2 and 6.
    """
    definition = require_known(F_DIVERGENCES, divergence, "f-divergence")

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return definition.payoff(fake) - definition.activation(real)

    def generator(real: jax.Array, fake: jax.Array) -> jax.Array:
        if saturating:
            return -definition.payoff(fake)
        return -definition.activation(fake)

    def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
        return definition.logit_of_ratio(theory.optimal_logit(p, q))

    ratio = definition.ratio_of_logit
    return Loss(
        discriminator,
        generator,
        probability=None if ratio is None else lambda v: sigmoid(ratio(v)),
        theory=Theory(f"{divergence}(p, q)", definition.divergence, optimal_logit, 0.0),
    )
