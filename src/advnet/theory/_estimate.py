"""Divergences from what a trained critic says of samples."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advnet.theory._divergences import wasserstein
from advnet.types import Loss


class Estimate(NamedTuple):
    """A divergence, as a critic sees it.

    Attributes:
      name: Which divergence.
      value: In nats where the loss is a log-likelihood. In expectation over samples
        the critic was not trained on it is a lower bound, whatever the critic, and
        tight for the optimal one; on samples it was trained on it may be too high.
      standard_error: Of the value, over the samples; it does not cover the bound's gap.
      num_real: How many real examples.
      num_fake: How many samples.
    """

    name: str
    value: float
    standard_error: float
    num_real: int
    num_fake: int

    def __str__(self) -> str:
        """Value, standard error, and that it is a lower bound."""
        return f"{self.name} >= {self.value:.4f} ± {self.standard_error:.4f}"


def estimate_divergence(
    loss: Loss, real_logits: jax.Array, fake_logits: jax.Array
) -> Estimate:
    r"""The divergence a loss minimizes, from a critic's logits on fresh samples.

    A critic's loss is at least `equilibrium - divergence`, with equality at its
    optimum; so :math:`\text{equilibrium} - \text{loss}` bounds the divergence from
    below.

    Args:
      loss: One with a theory, whose cost is a real part plus a fake part: not the
        relativistic ones, and not `wasserstein`, whose bound needs a critic of slope
        at most 1, which nothing here can see.
      real_logits: Of examples [n], none of which the critic was trained on.
      fake_logits: Of samples [m].

    Returns:
      The estimate, with the direction of its bias.

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
        raise ValueError("This loss names no divergence: its theory is None.")
    if loss.theory.divergence is wasserstein:
        raise ValueError(
            "A Wasserstein critic bounds W1 only if its slope is at most 1, which "
            "logits do not show; use evaluation.distances.sliced_wasserstein."
        )
    cost = lambda real, fake: np.asarray(loss.discriminator(real, fake), np.float64)
    nothing = jnp.zeros((), real_logits.dtype)
    # Cost is a(real) + b(fake); each part is found with the other logit held at 0.
    origin = cost(nothing, nothing)
    of_real = cost(real_logits, jnp.zeros_like(real_logits))
    of_fake = cost(jnp.zeros_like(fake_logits), fake_logits) - origin
    num = min(len(of_real), len(of_fake))
    together = cost(real_logits[:num], fake_logits[:num])
    if not np.allclose(together, of_real[:num] + of_fake[:num], rtol=1e-4, atol=1e-4):
        raise ValueError(
            "This loss compares logits in pairs, so it is no sum over examples; use "
            "losses.non_saturating() with a critic trained by it."
        )
    return Estimate(
        loss.theory.name,
        float(loss.theory.equilibrium - of_real.mean() - of_fake.mean()),
        float(np.sqrt(_squared_error(of_real) + _squared_error(of_fake))),
        len(of_real),
        len(of_fake),
    )


def estimate_jensen_shannon(real_logits: jax.Array, fake_logits: jax.Array) -> Estimate:
    r"""The Jensen-Shannon divergence, from log-odds on fresh samples, in nats.

    .. math:: \log 2 + \tfrac12 \mathbb{E} \log D(x)
              + \tfrac12 \mathbb{E} \log(1 - D(G(z))) \le \mathrm{JSD}

    Args:
      real_logits: Log-odds that examples are real [n], from a critic trained with
        `losses.minimax` or `losses.non_saturating` on other examples.
      fake_logits: The same of samples [m].

    Returns:
      The estimate; it may fall below 0 where the critic is worse than a coin.

    Examples:
      >>> certain = jnp.full(100, 20.0)
      >>> print(estimate_jensen_shannon(certain, -certain))  # log 2: disjoint
      JSD(p, q) >= 0.6931 ± 0.0000

    References:
      Goodfellow et al. 2014, eq. 6.
    """
    of_real = np.asarray(jax.nn.log_sigmoid(real_logits), np.float64)
    of_fake = np.asarray(jax.nn.log_sigmoid(-fake_logits), np.float64)
    return Estimate(
        "JSD(p, q)",
        float(np.log(2) + (of_real.mean() + of_fake.mean()) / 2),
        float(np.sqrt(_squared_error(of_real) + _squared_error(of_fake)) / 2),
        len(of_real),
        len(of_fake),
    )


def _squared_error(values: np.ndarray) -> float:
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else float("nan")
