"""Gradient descent of the generator in the space of distributions."""

import jax
import jax.numpy as jnp

from advnet.theory._divergences import jensen_shannon


def descend(
    p: jax.Array, q: jax.Array, *, num_steps: int, step_size: float = 1.0
) -> tuple[jax.Array, jax.Array]:
    r"""Train a generator that is a discrete distribution, against the optimal D.

    Each step is the update of Proposition 2, in the space of densities:

    .. math:: \log q \leftarrow \log q - \eta \log(1 - D^*) + \text{const},\quad
              1 - D^* = q / (p + q)

    :math:`\log(1 - D^*)` is the derivative of :math:`\sup_D V` with respect to q. A
    step along it in log q keeps q a distribution (mirror descent).

    Args:
      p: Probabilities of the data [n], which sum to 1.
      q: Initial probabilities of the generator [n], positive wherever p is positive.
      num_steps: Number of updates.
      step_size: Step size η. The descent converges from every start if η <= 1.

    Returns:
      The final q [n], and the Jensen-Shannon divergence in nats [num_steps + 1]: before
      each update, and after the last update.

    Examples:
      >>> p, q = jnp.array([0.1, 0.2, 0.7]), jnp.array([0.8, 0.1, 0.1])
      >>> q, divergence = descend(p, q, num_steps=50)
      >>> jnp.round(q, 3).tolist(), bool(divergence[-1] < 1e-6)
      ([0.1..., 0.2..., 0.7...], True)

    References:
      Goodfellow et al. 2014, Proposition 2.
    """
    log_p = jnp.log(p)

    def step(log_q: jax.Array, _):
        divergence = jensen_shannon(p, jnp.exp(log_q))
        slope = log_q - jnp.logaddexp(log_p, log_q)
        slope = jnp.where(jnp.isneginf(log_q), 0, slope)  # avoid inf - inf at q = 0
        return jax.nn.log_softmax(log_q - step_size * slope), divergence

    log_q, divergences = jax.lax.scan(step, jnp.log(q), length=num_steps)
    q = jnp.exp(log_q)
    return q, jnp.append(divergences, jensen_shannon(p, q))
