from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.types import Term, View


def squared_error(a: jax.Array, b: jax.Array) -> jax.Array:
    """The cost that most terms of distance start from.

    Args:
      a: [m, ...].
      b: [m, ...].

    Returns:
      The squared distance of each pair, summed over all values, [m].

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
    r"""Generator and encoder want an example to survive the round trip (ALICE).

    .. math:: \operatorname{cost}\bigl(G(E(x)), x\bigr)

    A bidirectional game alone inverts G only at its far-off equilibrium; with this
    term codes keep what tells examples apart from early on.

    Args:
      weight: Multiplies the cost.
      cost: `cost(G(E(x)), x) -> [m]`; by default the squared distance, summed over
        all values of an example.

    Returns:
      Two terms, the generator's and the encoder's, for `games.bidirectional`.

    Raises:
      TypeError: At `init`, if the critic is not shown examples beside codes.

    Examples:
      >>> [term.player for term in reconstruction(0.1)]
      ['generator', 'encoder']

    References:
      Li et al. 2017 (ALICE), section 3.2.
    """

    def fn(view: View) -> jax.Array:
        if len(view.comparison.real) != 2:
            raise TypeError(
                "reconstruction expects a critic that is shown (x, E(x)), as in "
                f"games.bidirectional; it is shown {len(view.comparison.real)} inputs."
            )
        x, code = view.comparison.real
        # Read, not played: batch statistics stay those of samples.
        return cost(view.play.pure("generator")(code), x)

    return (
        Term("reconstruction", "generator", fn, weight),
        Term("reconstruction", "encoder", fn, weight),
    )
