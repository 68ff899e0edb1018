import jax
import jax.numpy as jnp

from advnet.theory._divergences import jensen_shannon


def descend(
    p: jax.Array, q: jax.Array, *, num_steps: int, step_size: float = 1.0
) -> tuple[jax.Array, jax.Array]:
    r"""Trains a generator that is a distribution itself, D at its optimum each step.

    The update of Proposition 2, made in the space of densities:

    .. math:: \log q \leftarrow \log q - \eta \log(1 - D^*) + \text{const},\quad
              1 - D^* = q / (p + q)

    :math:`\log(1 - D^*)` is the derivative of :math:`\sup_D V` in q; stepping along it
    in log q keeps q a distribution (mirror descent).

    Args:
      p: The data's probabilities [n], which sum to 1.
      q: The generator's to begin with [n], positive wherever p is.
      num_steps: How many updates.
      step_size: η; up to 1 converges from anywhere.

    Returns:
      The last q [n], and the Jensen-Shannon divergence before each update and after
      the last, in nats [num_steps + 1].

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
        slope = jnp.where(jnp.isneginf(log_q), 0, slope)  # no mass, none to move
        return jax.nn.log_softmax(log_q - step_size * slope), divergence

    log_q, divergences = jax.lax.scan(step, jnp.log(q), length=num_steps)
    q = jnp.exp(log_q)
    return q, jnp.append(divergences, jensen_shannon(p, q))
