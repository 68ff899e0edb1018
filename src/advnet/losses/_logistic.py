"""The two losses of the paper: the same critic with two generator losses."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.nn import sigmoid, softplus
from jax.scipy.special import entr

from advnet import theory
from advnet.types import Loss, Theory


def minimax(*, smoothing: float = 0.0) -> Loss:
    r"""Build the minimax loss, in which the players share one value (eq. 1).

    .. math:: \min_G \max_D\; \mathbb{E} \log D(x) + \mathbb{E} \log(1 - D(G(z)))

    The generator's gradient vanishes where the critic rejects its samples with
    confidence. `non_saturating` avoids this, as section 3 of the paper recommends.

    Args:
      smoothing: One-sided label smoothing of the critic's loss, in [0, 1): real
        examples have the target 1 - smoothing (Salimans et al. 2016).

    Returns:
      A loss in nats; logits are log-odds that x comes from the data.

    Raises:
      ValueError: If `smoothing` is outside [0, 1).

    Examples:
      >>> undecided = jnp.zeros(1)
      >>> minimax().discriminator(undecided, undecided)  # log 4
      Array([1.3862944], dtype=float32)
      >>> minimax().generator(undecided, undecided)  # log 1/2
      Array([-0.6931472], dtype=float32)

    References:
      Goodfellow et al. 2014, eq. 1 and Algorithm 1.
    """
    # log(1 - sigmoid(x)) = -softplus(x) stays finite for every logit.
    return _logistic(lambda real, fake: -softplus(fake), smoothing)


def non_saturating(*, smoothing: float = 0.0) -> Loss:
    r"""Build the non-saturating loss: the generator maximizes log D(G(z)).

    The critic and the fixed point are those of `minimax`. The generator's gradient is
    largest where the critic rejects its samples. The paper's experiments use this loss
    (section 3).

    Args:
      smoothing: One-sided label smoothing, as in `minimax`.

    Returns:
      A loss in nats; logits are log-odds that x comes from the data.

    Raises:
      ValueError: If `smoothing` is outside [0, 1).

    Examples:
      >>> undecided = jnp.zeros(1)
      >>> non_saturating().generator(undecided, undecided)  # log 2
      Array([0.6931472], dtype=float32)

    References:
      Goodfellow et al. 2014, section 3.
    """
    return _logistic(lambda real, fake: softplus(-fake), smoothing)


def _logistic(
    generator: Callable[[jax.Array, jax.Array], jax.Array], smoothing: float
) -> Loss:
    """Build a loss with the logistic critic and a given generator loss."""
    if not 0 <= smoothing < 1:
        raise ValueError(f"Expected smoothing in [0, 1), got {smoothing}.")
    target = 1.0 - smoothing

    def discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
        return target * softplus(-real) + smoothing * softplus(real) + softplus(fake)

    threshold = math.log(target / (2 - target))  # D(x) = target / 2 where p = q
    return Loss(discriminator, generator, sigmoid, _smoothed_theory(target), threshold)


def _smoothed_theory(target: float) -> Theory:
    """Build the theory of a critic whose target for real examples is `target`.

    The optimal critic is target * p / (p + q). With target 1 this is section 4 of the
    paper.
    """

    def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
        return theory.optimal_logit(target * p, (1 - target) * p + q)

    if target == 1:
        return Theory(
            "2 JSD(p, q)",
            lambda p, q: 2 * theory.jensen_shannon(p, q),
            optimal_logit,
            2 * math.log(2.0),
        )

    # The critic's loss, in nats, if D(x) = target / 2 everywhere.
    half = target / 2
    equilibrium = -2 * (half * math.log(half) + (1 - half) * math.log(1 - half))

    def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
        d = target * theory.optimal_discriminator(p, q)
        return equilibrium - jnp.sum((p + q) * (entr(d) + entr(1 - d)))

    return Theory(
        f"2 JSD(p, q), smoothed to {target:g}", divergence, optimal_logit, equilibrium
    )
