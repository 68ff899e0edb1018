"""Divergences between two discrete distributions p and q: weights [n] that sum to 1.

Densities on a grid are used the same way, once multiplied by the cell's volume.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import rel_entr


def kl(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Kullback-Leibler divergence :math:`\sum p \log(p / q)`, in nats.

    Infinite where q is 0 and p is not.

    Examples:
      >>> round(float(kl(jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75]))), 4)
      0.1438
    """
    return jnp.sum(rel_entr(p, q))


def reverse_kl(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""The divergence :math:`\mathrm{KL}(q \| p)` of the model from the data, in nats.

    Examples:
      >>> float(reverse_kl(jnp.array([0.5, 0.5]), jnp.array([0.5, 0.5])))
      0.0
    """
    return kl(q, p)


def jensen_shannon(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Jensen-Shannon divergence, in nats, between 0 and log 2 (eq. 6 of the paper).

    .. math:: \tfrac12 \mathrm{KL}(p \| m) + \tfrac12 \mathrm{KL}(q \| m),\quad
              m = \tfrac12 (p + q).

    Examples:
      >>> p, q = jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])
      >>> round(float(jensen_shannon(p, q)), 6)
      0.101749
    """
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def pearson(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Pearson's :math:`\chi^2 = \sum (p - q)^2 / q`.

    Examples:
      >>> float(pearson(jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75])))
      0.33333...
    """
    return jnp.sum(_ratio((p - q) ** 2, q))


def squared_hellinger(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Squared Hellinger distance :math:`\sum (\sqrt p - \sqrt q)^2`, between 0 and 2.

    Examples:
      >>> float(squared_hellinger(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      2.0
    """
    return jnp.sum((jnp.sqrt(p) - jnp.sqrt(q)) ** 2)


def total_variation(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Total variation :math:`\tfrac12 \sum |p - q|`, between 0 and 1.

    Examples:
      >>> float(total_variation(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      1.0
    """
    return jnp.sum(jnp.abs(p - q)) / 2


def le_cam(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Triangular discrimination :math:`\sum (p - q)^2 / (p + q)`, between 0 and 2.

    Examples:
      >>> float(le_cam(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
      2.0
    """
    return jnp.sum(_ratio((p - q) ** 2, p + q))


def wasserstein(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Wasserstein-1 distance of two distributions on the points 0, 1, ..., n - 1.

    .. math:: \sum_i |F_p(i) - F_q(i)|,\quad F \text{ the distribution functions.}

    Examples:
      >>> float(wasserstein(jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 0.0, 1.0])))
      2.0
    """
    return jnp.sum(jnp.abs(jnp.cumsum(p - q)))


def _ratio(a: jax.Array, b: jax.Array) -> jax.Array:
    """The quotient, and 0 where both are 0: nothing happens where nobody has mass."""
    empty = (a == 0) & (b == 0)
    return jnp.where(empty, 0, a / jnp.where(empty, 1, b))
