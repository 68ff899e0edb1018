from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.types import PyTree, Term, View


def feature_matching(
    weight: float = 1.0,
    *,
    features: Callable[[PyTree], jax.Array] | None = None,
    player: str = "generator",
) -> Term:
    r"""Asks samples to have the data's mean features in the critic's eyes.

    .. math:: \lVert \mathbb{E} f(x) - \mathbb{E} f(G(z)) \rVert_2^2

    Args:
      weight: Multiplies the term.
      features: From the critic's output to features [m, ...]. By default the second
        element of a critic's output (logits, features).
      player: Whose objective it joins.

    Returns:
      A term whose value is one number.

    Raises:
      TypeError: At `init`, if the critic's output holds no features.

    Examples:
      >>> critic = advnet.modules.MaxoutDiscriminator(features=True)
      >>> feature_matching().player
      'generator'

    References:
      Salimans et al. 2016, section 3.1.
    """
    extract = features or _second

    def fn(view: View) -> jax.Array:
        real, fake = extract(view.real_output), extract(view.fake_output)
        return jnp.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)

    return Term("feature_matching", player, fn, weight)


def _second(output: PyTree) -> jax.Array:
    return _validation.require_second_output(
        output,
        "feature_matching",
        "Use MaxoutDiscriminator(features=True), or pass features=..., a function of "
        "the critic's output.",
    )
