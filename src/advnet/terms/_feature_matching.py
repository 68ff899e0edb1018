"""Feature matching: a generator loss on statistics of the critic's features."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.terms._validation import require_second_output
from advnet.types import PyTree, Term, View


def feature_matching(
    weight: float = 1.0,
    *,
    features: Callable[[PyTree], jax.Array] | None = None,
    player: str = "generator",
) -> Term:
    r"""Penalize the distance between the mean critic features of data and samples.

    .. math:: \lVert \mathbb{E} f(x) - \mathbb{E} f(G(z)) \rVert_2^2

    Args:
      weight: Factor of the term.
      features: Function that maps the critic's output to features [m, ...]. The
        default takes the second element of an output (logits, features).
      player: Name of the player whose loss includes the term.

    Returns:
      A term whose value is a scalar.

    Raises:
      TypeError: At `init`, if the critic's output contains no features.

    Examples:
      >>> critic = advnet.modules.MaxoutDiscriminator(features=True)
      >>> feature_matching().player
      'generator'

    References:
      Salimans et al. 2016, section 3.1.
    """
    extract = features or _second_output

    def fn(view: View) -> jax.Array:
        real, fake = extract(view.real_output), extract(view.fake_output)
        return jnp.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)

    return Term("feature_matching", player, fn, weight)


def _second_output(output: PyTree) -> jax.Array:
    """Return the second output of the critic, its features."""
    return require_second_output(
        output,
        "feature_matching",
        "Use MaxoutDiscriminator(features=True), or pass features=..., a function of "
        "the critic's output.",
    )
