"""Builders of the functions `Game.sample` and `Game.encode`."""

from collections.abc import Callable

import jax
import numpy as np

from advnet.types import Play, Prior, PyTree, Sampler


def _generate(play: Play, z: PyTree, *condition: PyTree) -> PyTree:
    return play("generator", z, *condition)


def sampler(
    prior: Prior,
    generate: Callable[..., PyTree] = _generate,
    *,
    conditional: bool = False,
) -> Sampler:
    """Build the sampling function of a game from its prior and its generator.

    Args:
      prior: Distribution of the noise z that the generator was trained with.
      generate: `generate(play, z) -> samples [num, ...]`, or
        `generate(play, z, condition)` if `conditional`. The default applies the player
        "generator".
      conditional: Whether samples are drawn under a condition. A condition is then
        required; otherwise it is refused.

    Returns:
      `sample(play, key, num, *, condition=None, noise=None)`, the field `Game.sample`
      and the argument `sample` of `games.adversarial`. Without `noise` it draws z from
      the prior.

    Raises:
      ValueError: When the returned function is called: if a condition is missing or
        not accepted, or if the condition or the noise does not have `num` rows.

    Examples:
      A game whose samples are rounded:

      >>> prior = advnet.priors.normal(2)
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> rounded = sampler(prior, lambda play, z: jnp.round(play("generator", z)))
      >>> game = game._replace(sample=rounded)
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, state, jax.random.key(1), 5).shape
      (5, 1)
    """

    def sample(
        play: Play,
        key: jax.Array,
        num: int,
        *,
        condition: PyTree | None = None,
        noise: PyTree | None = None,
    ) -> PyTree:
        _check_condition(condition, num, conditional=conditional)
        if noise is None:
            z = prior(key, num)
        else:
            _check_rows(noise, num, "noise vector")
            z = noise
        return generate(play, z, condition) if conditional else generate(play, z)

    return sample


def encode_with(player: str) -> Callable[..., PyTree]:
    """Build the `encode` function of a game whose encoder is the player `player`."""

    def encode(
        play: Play, x: PyTree, key: jax.Array, *, condition: PyTree | None = None
    ) -> PyTree:
        return play(player, x) if condition is None else play(player, x, condition)

    return encode


def _check_condition(condition: PyTree | None, num: int, *, conditional: bool) -> None:
    """Raise ValueError if a condition is missing, not accepted or of another length."""
    if not conditional:
        if condition is not None:
            raise ValueError(
                "This game takes no condition; to draw under a condition, train "
                "games.conditional or games.inpainting."
            )
        return
    if condition is None:
        raise ValueError(
            "This game draws under a condition: pass condition=..., a pytree of arrays "
            f"[{num}, ...]."
        )
    _check_rows(condition, num, "condition")


def _check_rows(values: PyTree, num: int, noun: str) -> None:
    """Raise ValueError if the leaves of `values` do not have `num` rows."""
    lengths = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(values)}
    if lengths != {(num,)}:
        raise ValueError(
            f"Expected one {noun} for each of {num} samples, got leading shapes "
            f"{sorted(lengths)}. Repeat one for all samples with jnp.tile."
        )
