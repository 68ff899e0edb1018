"""Optimal discriminator and value of the game (section 4 of the paper)."""

import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid

from advnet._validation import is_traced
from advnet.theory._divergences import jensen_shannon


def optimal_discriminator(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the optimal discriminator :math:`D^*(x) = p(x) / (p(x) + q(x))`.

    Args:
      p: Density or probabilities of the data at some points, any shape.
      q: Density or probabilities of the generator at the same points.

    Returns:
      Probabilities that x comes from the data; 1/2 where p and q are both 0.

    Examples:
      >>> normal = jax.scipy.stats.norm.pdf
      >>> round(float(optimal_discriminator(normal(0.0), normal(0.0, 1.0))), 6)
      0.622459

    References:
      Goodfellow et al. 2014, Proposition 1.
    """
    total = p + q
    empty = total == 0
    return jnp.where(empty, 0.5, p / jnp.where(empty, jnp.ones_like(total), total))


def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the logit of the optimal discriminator, :math:`\log p(x) - \log q(x)`.

    Args:
      p: Density or probabilities of the data at some points, any shape.
      q: Density or probabilities of the generator at the same points.

    Returns:
      Logits; infinite where exactly one of p and q is 0, and 0 where both are 0.

    Examples:
      >>> normal = jax.scipy.stats.norm.pdf
      >>> round(float(optimal_logit(normal(0.0), normal(0.0, 1.0))), 6)
      0.5

    References:
      Goodfellow et al. 2014, Proposition 1.
    """
    empty = p + q == 0
    return jnp.where(
        empty,
        0,
        jnp.log(jnp.where(empty, 1, p)) - jnp.log(jnp.where(empty, 1, q)),
    )


def value(p: jax.Array, q: jax.Array, logits: jax.Array) -> jax.Array:
    r"""Compute the value of the game for a discriminator, in nats.

    .. math:: V(D, G) = \sum p \log D + \sum q \log(1 - D)

    Args:
      p: Probabilities of the data [n]; see `discretize` for densities.
      q: Probabilities of the generator [n].
      logits: Logits of D at the same points [n]; may be infinite.

    Returns:
      The value V(D, G), a scalar.

    Examples:
      >>> p = q = jnp.array([0.5, 0.5])
      >>> round(float(value(p, q, jnp.zeros(2))), 6)  # D = 1/2: -log 4
      -1.386294

    References:
      Goodfellow et al. 2014, eq. 1.
    """
    return jnp.sum(_times(p, log_sigmoid(logits)) + _times(q, log_sigmoid(-logits)))


def criterion(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""Compute the generator's criterion, the value of the game for the optimal D.

    .. math:: C(G) = \max_D V(D, G) = -\log 4 + 2\, \mathrm{JSD}(p \| q)

    Args:
      p: Probabilities of the data [n].
      q: Probabilities of the generator [n].

    Returns:
      The criterion C(G) in nats, a scalar.

    Examples:
      >>> p = jnp.array([0.5, 0.5])
      >>> round(float(criterion(p, p)), 6)
      -1.386294

    References:
      Goodfellow et al. 2014, eq. 4 to 6 and Theorem 1.
    """
    return 2 * jensen_shannon(p, q) - jnp.log(jnp.asarray(4, p.dtype))


def discretize(density: jax.Array, cell: float | jax.Array) -> jax.Array:
    """Compute the probabilities of a grid's cells from a density at their centers.

    Args:
      density: Density at the centers, any shape, not negative.
      cell: Volume of a cell: the spacing, for a regular one-dimensional grid.

    Returns:
      Probabilities of the same shape that sum to 1, for the functions of this package.

    Raises:
      ValueError: If the grid covers less than 99 % or more than 101 % of the mass.
        Traced values are not checked.

    Examples:
      >>> x = jnp.linspace(-6, 6, 601)
      >>> p, q = (discretize(jax.scipy.stats.norm.pdf(x, m), 0.02) for m in (0.0, 1.0))
      >>> from advnet.theory import jensen_shannon
      >>> round(float(jensen_shannon(p, q)), 5)
      0.11142
    """
    mass = density * cell
    total = mass.sum()
    if not is_traced(total) and not 0.99 <= float(total) <= 1.01:
        raise ValueError(
            f"Expected a grid that covers the mass of the density, 1; got a mass of "
            f"{float(total):.4g}. Widen or refine the grid, or check the cell's volume."
        )
    return mass / total


def _times(weight: jax.Array, x: jax.Array) -> jax.Array:
    """Compute weight * x, and 0 where the weight is 0, also for infinite x."""
    return jnp.where(weight == 0, 0, weight * jnp.where(weight == 0, 0, x))
