"""The best discriminator and what the game is worth against it (section 4)."""

import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid

from advnet import _validation
from advnet.theory._divergences import jensen_shannon


def optimal_discriminator(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""The best D against a fixed generator: :math:`D^*(x) = p(x) / (p(x) + q(x))`.

    Args:
      p: The data's density (or probabilities) at some points, any shape.
      q: The generator's, at the same points.

    Returns:
      Probabilities that x came from the data; 1/2 where neither has mass.

    Examples:
      >>> normal = jax.scipy.stats.norm.pdf
      >>> round(float(optimal_discriminator(normal(0.0), normal(0.0, 1.0))), 6)
      0.622459

    References:
      Goodfellow et al. 2014, Proposition 1.
    """
    total = p + q
    nothing = total == 0
    return jnp.where(nothing, 0.5, p / jnp.where(nothing, jnp.ones_like(total), total))


def optimal_logit(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""The log-odds of the best D, :math:`\log p(x) - \log q(x)`.

    Args:
      p: The data's density (or probabilities) at some points, any shape.
      q: The generator's, at the same points.

    Returns:
      Logits, infinite where only one has mass, 0 where neither has.

    Examples:
      >>> normal = jax.scipy.stats.norm.pdf
      >>> round(float(optimal_logit(normal(0.0), normal(0.0, 1.0))), 6)
      0.5

    References:
      Goodfellow et al. 2014, Proposition 1.
    """
    nothing = p + q == 0
    return jnp.where(
        nothing,
        0,
        jnp.log(jnp.where(nothing, 1, p)) - jnp.log(jnp.where(nothing, 1, q)),
    )


def value(p: jax.Array, q: jax.Array, logits: jax.Array) -> jax.Array:
    r"""What the game is worth to D, in nats.

    .. math:: V(D, G) = \sum p \log D + \sum q \log(1 - D)

    Args:
      p: The data's probabilities [n]; a density, once `discretize`d.
      q: The generator's [n].
      logits: Log-odds of D at the same points [n]; may be infinite.

    Examples:
      >>> p = q = jnp.array([0.5, 0.5])
      >>> round(float(value(p, q, jnp.zeros(2))), 6)  # D = 1/2: -log 4
      -1.386294

    References:
      Goodfellow et al. 2014, eq. 1.
    """
    return jnp.sum(_times(p, log_sigmoid(logits)) + _times(q, log_sigmoid(-logits)))


def criterion(p: jax.Array, q: jax.Array) -> jax.Array:
    r"""The game's worth against the best D: what the generator minimizes, in nats.

    .. math:: C(G) = \max_D V(D, G) = -\log 4 + 2\, \mathrm{JSD}(p \| q)

    Args:
      p: The data's probabilities [n].
      q: The generator's [n].

    Examples:
      >>> p = jnp.array([0.5, 0.5])
      >>> round(float(criterion(p, p)), 6)
      -1.386294

    References:
      Goodfellow et al. 2014, eq. 4 to 6 and Theorem 1.
    """
    return 2 * jensen_shannon(p, q) - jnp.log(jnp.asarray(4, p.dtype))


def discretize(density: jax.Array, cell: float | jax.Array) -> jax.Array:
    """Probabilities of a grid's cells, from a density at their centers.

    Args:
      density: At the centers, any shape, not negative.
      cell: The cells' volume: the spacing of a regular one-dimensional grid.

    Returns:
      Probabilities of the same shape, normalized to sum to 1: what the divergences
      take. The grid must cover the mass.

    Raises:
      ValueError: If values are concrete and the grid covers less than 99 % of the mass,
        or more than 101 %.

    Examples:
      >>> x = jnp.linspace(-6, 6, 601)
      >>> p, q = (discretize(jax.scipy.stats.norm.pdf(x, m), 0.02) for m in (0.0, 1.0))
      >>> from advnet.theory import jensen_shannon
      >>> round(float(jensen_shannon(p, q)), 5)
      0.11142
    """
    mass = density * cell
    total = mass.sum()
    if not _validation.is_traced(total) and not 0.99 <= float(total) <= 1.01:
        raise ValueError(
            f"Expected a grid that covers a density's mass, got {float(total):.4g} of "
            "it. Widen the grid, refine it, or check the cell's volume."
        )
    return mass / total


def _times(weight: jax.Array, x: jax.Array) -> jax.Array:
    """The product, 0 where the weight is, whatever x."""
    return jnp.where(weight == 0, 0, weight * jnp.where(weight == 0, 0, x))
