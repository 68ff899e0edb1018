"""Divergences between two discrete distributions p and q: weights [n] that sum to 1.

Densities on a grid become such weights when they are multiplied by the cell's volume.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import rel_entr


def kl(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the Kullback-Leibler divergence :math:`\sum p \log(p / q)`, in nats.

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The divergence, a scalar; infinite if q is 0 where p is not.

    Examples:
      >>> round(float(kl(jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75]))), 4)
      0.1438
    """
    return jnp.sum(rel_entr(p, q))


def reverse_kl(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the reverse divergence :math:`\mathrm{KL}(q \| p)`, in nats.

    Args:
      p: Probabilities of the data [n].
      q: Probabilities of the model [n].

    Returns:
      The divergence of the model from the data, a scalar.

    Examples:
      >>> float(reverse_kl(jnp.array([0.5, 0.5]), jnp.array([0.5, 0.5])))
      0.0
    """
    return kl(q, p)


def jensen_shannon(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the Jensen-Shannon divergence, in nats (eq. 6 of the paper).

    .. math:: \tfrac12 \mathrm{KL}(p \| m) + \tfrac12 \mathrm{KL}(q \| m),\quad
              m = \tfrac12 (p + q).

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The divergence, a scalar between 0 and log 2.

    Examples:
      >>> p, q = jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])
      >>> round(float(jensen_shannon(p, q)), 6)
      0.101749
    """
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def pearson(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the Pearson divergence :math:`\chi^2 = \sum (p - q)^2 / q`.

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The divergence, a scalar; infinite if q is 0 where p is not.

    Examples:
      >>> float(pearson(jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75])))
      0.33333...
    """
    return jnp.sum(_ratio((p - q) ** 2, q))


def squared_hellinger(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the squared Hellinger distance :math:`\sum (\sqrt p - \sqrt q)^2`.

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The squared distance, a scalar between 0 and 2.

    Examples:
      >>> float(squared_hellinger(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      2.0
    """
    return jnp.sum((jnp.sqrt(p) - jnp.sqrt(q)) ** 2)


def total_variation(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the total variation distance :math:`\tfrac12 \sum |p - q|`.

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The distance, a scalar between 0 and 1.

    Examples:
      >>> float(total_variation(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      1.0
    """
    return jnp.sum(jnp.abs(p - q)) / 2


def le_cam(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the triangular discrimination :math:`\sum (p - q)^2 / (p + q)`.

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The divergence, a scalar between 0 and 2.

    Examples:
      >>> float(le_cam(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      2.0
    """
    return jnp.sum(_ratio((p - q) ** 2, p + q))


def wasserstein(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the Wasserstein-1 distance on the points 0, 1, ..., n - 1.

    .. math:: \sum_i |F_p(i) - F_q(i)|,\quad F \text{ the distribution functions.}

    Args:
      p: Probabilities [n].
      q: Probabilities [n].

    Returns:
      The distance, a scalar between 0 and n - 1.

    Examples:
      >>> float(wasserstein(jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 0.0, 1.0])))
      2.0
    """
    return jnp.sum(jnp.abs(jnp.cumsum(p - q)))


def _ratio(a: jax.Array, b: jax.Array) -> jax.Array:
    """Compute a / b, and 0 where both are 0: points without mass contribute nothing."""
    empty = (a == 0) & (b == 0)
    return jnp.where(empty, 0, a / jnp.where(empty, 1, b))
