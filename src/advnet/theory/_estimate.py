"""Estimates of a divergence from the logits of a trained critic."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advnet.theory._divergences import wasserstein
from advnet.types import Loss


class Estimate(NamedTuple):
    """Estimate of a divergence from a critic's logits.

    Attributes:
      name: Name of the divergence.
      value: Value of the estimate, in nats if the loss is a log-likelihood. Its
        expectation over samples that the critic was not trained on is a lower bound of
        the divergence, for every critic. The bound is tight for the optimal critic. On
        samples that the critic was trained on, the value may be too high.
      standard_error: Standard error of the value over the samples. It does not include
        the gap between the bound and the divergence.
      num_real: Number of real examples.
      num_fake: Number of samples.
    """

    name: str
    value: float
    standard_error: float
    num_real: int
    num_fake: int

    def __str__(self) -> str:
        """Return the lower bound and its standard error as text."""
        return f"{self.name} >= {self.value:.4f} ± {self.standard_error:.4f}"


def estimate_divergence(
    loss: Loss, real_logits: jax.Array, fake_logits: jax.Array
) -> Estimate:
    r"""Estimate the divergence that a loss minimizes, from logits on new examples.

    A critic's loss is at least `equilibrium - divergence`, with equality for the
    optimal critic. The estimate :math:`\text{equilibrium} - \text{loss}` is therefore a
    lower bound of the divergence.

    Args:
      loss: A loss with a theory, whose critic loss is a function of the real logit plus
        a function of the fake logit. Relativistic losses are not of this form. The
        bound of `wasserstein` needs a critic with a gradient norm of at most 1, which
        logits do not show.
      real_logits: Logits of real examples [n] that the critic was not trained on.
      fake_logits: Logits of samples [m].

    Returns:
      The estimate, a lower bound of the divergence.

    Raises:
      ValueError: If the loss has no theory, compares logits in pairs, or is
        `wasserstein`.

    Examples:
      >>> certain = jnp.full(100, 20.0)
      >>> loss = advnet.losses.non_saturating()
      >>> print(estimate_divergence(loss, certain, -certain))  # log 4: disjoint
      2 JSD(p, q) >= 1.3863 ± 0.0000

    References:
      Goodfellow et al. 2014, eq. 6; Nowozin et al. 2016, eq. 4.
    """
    if loss.theory is None:
        raise ValueError(
            "Expected a loss with a theory, which defines its divergence; got "
            "theory=None. Use a loss of advnet.losses."
        )
    if loss.theory.divergence is wasserstein:
        raise ValueError(
            "A Wasserstein critic bounds W1 only if its gradient norm is at most 1, "
            "which logits do not show; use evaluation.distances.sliced_wasserstein."
        )
    cost = lambda real, fake: np.asarray(loss.discriminator(real, fake), np.float64)
    real_logits, fake_logits = _widen(real_logits), _widen(fake_logits)
    zero = jnp.zeros((), real_logits.dtype)
    # The cost is a(real) + b(fake): to compute a part, set the opposite logit to 0.
    origin = cost(zero, zero)
    real_cost = cost(real_logits, jnp.zeros_like(real_logits))
    fake_cost = cost(jnp.zeros_like(fake_logits), fake_logits) - origin
    num = min(len(real_cost), len(fake_cost))
    total = cost(real_logits[:num], fake_logits[:num])
    if not np.allclose(total, real_cost[:num] + fake_cost[:num], rtol=1e-4, atol=1e-4):
        raise ValueError(
            "This loss compares logits in pairs, so it is not a sum over examples; use "
            "losses.non_saturating() and a critic that was trained with it."
        )
    return Estimate(
        loss.theory.name,
        float(loss.theory.equilibrium - real_cost.mean() - fake_cost.mean()),
        float(np.sqrt(_variance_of_mean(real_cost) + _variance_of_mean(fake_cost))),
        len(real_cost),
        len(fake_cost),
    )


def estimate_jensen_shannon(real_logits: jax.Array, fake_logits: jax.Array) -> Estimate:
    r"""Estimate the Jensen-Shannon divergence from logits on new examples, in nats.

    .. math:: \log 2 + \tfrac12 \mathbb{E} \log D(x)
              + \tfrac12 \mathbb{E} \log(1 - D(G(z))) \le \mathrm{JSD}

    Args:
      real_logits: Logits of real examples [n] that the critic was not trained on. The
        critic's loss is `losses.minimax` or `losses.non_saturating`, so that logits are
        log-odds.
      fake_logits: Logits of samples [m].

    Returns:
      The estimate, a lower bound. It is negative if the critic is worse than chance.

    Examples:
      >>> certain = jnp.full(100, 20.0)
      >>> print(estimate_jensen_shannon(certain, -certain))  # log 2: disjoint
      JSD(p, q) >= 0.6931 ± 0.0000

    References:
      Goodfellow et al. 2014, eq. 6.
    """
    log_d_real = np.asarray(jax.nn.log_sigmoid(_widen(real_logits)), np.float64)
    log_d_fake = np.asarray(jax.nn.log_sigmoid(-_widen(fake_logits)), np.float64)
    variance = _variance_of_mean(log_d_real) + _variance_of_mean(log_d_fake)
    return Estimate(
        "JSD(p, q)",
        float(np.log(2) + (log_d_real.mean() + log_d_fake.mean()) / 2),
        float(np.sqrt(variance) / 2),
        len(log_d_real),
        len(log_d_fake),
    )


def _widen(logits: jax.Array) -> jax.Array:
    """Return logits as float32, because costs in half precision have two digits."""
    return jnp.asarray(logits, jnp.float32)


def _variance_of_mean(values: np.ndarray) -> float:
    """Compute the variance of the mean of `values` [n]; NaN if n is 1."""
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else float("nan")
