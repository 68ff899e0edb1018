from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._sample import sample
from advnet.games._sampler import sampler
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, PyTree, State, Term


def inpainting(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    masks: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    readout: Readout | None = None,
    critic: str = "discriminator",
    **options: Any,
) -> Game:
    """Build a game that fills in missing values: all conditionals p(x_S | x_rest).

    Each step draws masks that are 1 where a value is known. The generator fills in the
    missing values. The critic also receives the mask, and tells completed examples from
    real ones.

    Args:
      generator: `(z, known [m, ...], mask [m, ...]) -> x [m, ...]`. `known` is 0 where
        the mask is 0. Outputs for known values are ignored.
      discriminator: `(x, mask) -> logits [m]`.
      prior: Distribution of the noise z; see `advnet.priors`.
      masks: `masks(key, m) -> [m, ...]` of the examples' shape, 1 (or True) where a
        value is known; see `priors.bernoulli_mask` and the other masks there.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`.
      readout: Function from the critic's output to its logits; see `adversarial`.
      critic: Name of the critic among the players.
      **options: Further arguments of `adversarial`, such as `weight` or `history`.

    Returns:
      A game whose batch is one array [m, ...]. Fill in missing values with `impute`.

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if masks and examples differ in shape.

    Examples:
      >>> game = inpainting(
      ...     advnet.modules.Concatenate(nn.Dense(3)),
      ...     advnet.modules.Concatenate(nn.Dense(1)),
      ...     advnet.priors.normal(2),
      ...     advnet.priors.bernoulli_mask(3),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> x = jnp.ones((8, 3))
      >>> state = advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), x)
      >>> mask = jnp.tile(jnp.array([[True, True, False]]), (8, 1))
      >>> completed = impute(game, state, x, mask, jax.random.key(1), draws=4)
      >>> completed.shape, float(completed[..., 0].mean())
      ((4, 8, 3), 1.0)

    References:
      Goodfellow et al. 2014, section 7.3; Yoon et al. 2018 (GAIN) for imputation.
    """
    networks = {
        critic: as_network(discriminator),
        "generator": as_network(generator),
    }

    def complete(play: Play, z: PyTree, x: jax.Array, mask: jax.Array) -> jax.Array:
        # Selected, not multiplied, because missing values may be NaN.
        known = jnp.where(mask, x, jnp.zeros_like(x))
        output = play("generator", z, known, mask.astype(x.dtype))
        return jnp.where(mask, x, output)

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "inpainting")
        _validation.check_reachable(x, networks["generator"].output_range)
        mask_key, noise_key = jax.random.split(key)
        mask, z = masks(mask_key, x.shape[0]), prior(noise_key, x.shape[0])
        _validation.check_mask_shape(mask, x)
        mask = mask.astype(bool)
        fake = complete(play, z, x, mask)
        return Comparison((x,), (fake,), given=(mask.astype(x.dtype),), noise=z)

    def generate(play: Play, z: PyTree, condition: PyTree) -> jax.Array:
        x, mask = condition
        _validation.check_mask_shape(mask, x)
        return complete(play, z, x, mask.astype(bool))

    return adversarial(
        networks,
        compare,
        loss=loss,
        terms=terms,
        readout=readout,
        critic=critic,
        sample=sampler(prior, generate, conditional=True),
        **options,
    )


def impute(
    game: Game,
    state: State,
    x: jax.Array,
    mask: jax.Array,
    key: jax.Array,
    *,
    draws: int = 1,
    average: bool = False,
) -> jax.Array:
    """Fill in the missing values of examples, with several independent draws.

    Args:
      game: A game from `inpainting`.
      state: State whose players are used.
      x: Examples [m, ...]; missing values may be anything, including NaN.
      mask: Array of the same shape, 1 where a value is known.
      key: Random key.
      draws: Independent completions of each example.
      average: Whether to use the averages maintained by `dynamics.averaged`.

    Returns:
      Completed examples [draws, m, ...]; known values are unchanged.

    Raises:
      ValueError: If `mask` does not have the shape of `x`, or `draws` is below 1.

    Examples:
      See `inpainting`.
    """
    check_at_least(1, draws=draws)
    _validation.check_mask_shape(mask, x)
    num = draws * x.shape[0]
    condition = jax.tree.map(
        lambda leaf: jnp.tile(leaf, (draws, *(1,) * (leaf.ndim - 1))), (x, mask)
    )
    completed = sample(game, state, key, num, condition=condition, average=average)
    return completed.reshape(draws, *x.shape)
