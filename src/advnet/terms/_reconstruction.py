"""Terms on the distance between an example and its reconstruction."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.types import Term, View


def squared_error(a: jax.Array, b: jax.Array) -> jax.Array:
    """Compute the squared distance of each pair of examples, summed over all values.

    Args:
      a: Examples [m, ...].
      b: Examples [m, ...].

    Returns:
      Squared Euclidean distances [m].

    Examples:
      >>> squared_error(jnp.ones((2, 3)), jnp.zeros((2, 3))).tolist()
      [3.0, 3.0]
    """
    return jnp.sum((a - b) ** 2, axis=tuple(range(1, a.ndim)))


def reconstruction(
    weight: float = 1.0,
    *,
    cost: Callable[[jax.Array, jax.Array], jax.Array] = squared_error,
) -> tuple[Term, Term]:
    r"""Train generator and encoder to reconstruct examples (ALICE).

    .. math:: \operatorname{cost}\bigl(G(E(x)), x\bigr)

    Without this term, the encoder of a bidirectional game inverts G only at the
    equilibrium. With it, codes identify their examples early in training.

    Args:
      weight: Factor of the cost.
      cost: `cost(G(E(x)), x) -> [m]`; by default the squared distance, summed over
        all values of an example.

    Returns:
      A term for the generator and a term for the encoder, for `games.bidirectional`.

    Raises:
      TypeError: At `init`, if the critic's inputs are not (example, code).

    Examples:
      >>> [term.player for term in reconstruction(0.1)]
      ['generator', 'encoder']

    References:
      Li et al. 2017 (ALICE), section 3.2.
    """

    def fn(view: View) -> jax.Array:
        if len(view.comparison.real) != 2:
            raise TypeError(
                "reconstruction expects a critic of two inputs, (x, E(x)), as in "
                f"games.bidirectional; got {len(view.comparison.real)} inputs."
            )
        x, code = view.comparison.real
        # A pure call, so that the generator's batch statistics are those of samples.
        return cost(view.play.pure("generator")(code), x)

    return (
        Term("reconstruction", "generator", fn, weight),
        Term("reconstruction", "encoder", fn, weight),
    )
