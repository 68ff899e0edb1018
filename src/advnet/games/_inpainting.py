from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.games._sample import sample
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Prior, PyTree, State, Term


def inpainting(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    masks: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
) -> Game:
    """Learns all conditionals p(x_S | x_rest) in one pair of networks (section 7.3).

    Each step draws masks, one where a value is known. The generator fills in the rest;
    the critic, shown the mask too, tells filled examples from whole ones.

    Args:
      generator: `(z, known [m, ...], mask [m, ...]) -> x [m, ...]`; what it says of
        known values is discarded. `known` is 0 where the mask is.
      discriminator: `(x, mask) -> logits [m]`.
      prior: The noise z.
      masks: `masks(key, m) -> [m, ...]` of the examples' shape, 1 (or True) where a
        value is known; see `priors.bernoulli_mask` and its neighbors.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`.

    Returns:
      A game whose batch is one array [m, ...]. Ask it with `impute`.

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
      >>> filled = impute(game, state, x, mask, jax.random.key(1), draws=4)
      >>> filled.shape, float(filled[..., 0].mean())
      ((4, 8, 3), 1.0)

    References:
      Goodfellow et al. 2014, section 7.3; Yoon et al. 2018 (GAIN) for its use.
    """
    networks = {
        "discriminator": as_network(discriminator),
        "generator": as_network(generator),
    }

    def fill(play: Play, z: PyTree, x: jax.Array, mask: jax.Array) -> jax.Array:
        # Chosen, not multiplied: what is missing may be NaN.
        known = jnp.where(mask, x, jnp.zeros_like(x))
        guess = play("generator", z, known, mask.astype(x.dtype))
        return jnp.where(mask, x, guess)

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "inpainting")
        _validation.check_reachable(x, networks["generator"].output_range)
        mask_key, noise_key = jax.random.split(key)
        mask, z = masks(mask_key, x.shape[0]), prior(noise_key, x.shape[0])
        _validation.check_mask_shape(mask, x)
        mask = mask.astype(bool)
        filled = fill(play, z, x, mask)
        return Comparison((x,), (filled,), given=(mask.astype(x.dtype),), noise=z)

    def draw(play: Play, key: jax.Array, num: int, condition: PyTree):
        _validation.check_conditions(condition, num, "inpainting")
        x, mask = condition
        _validation.check_mask_shape(mask, x)
        return fill(play, prior(key, num), x, mask.astype(bool))

    return adversarial(networks, compare, loss=loss, terms=terms, sample=draw)


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
    """Fills in what is missing, several times over.

    Args:
      game: One made by `inpainting`.
      state: Whose players to use.
      x: Examples [m, ...]; missing values may be anything, NaN included.
      mask: Of the same shape, 1 where a value is known.
      key: Consumed.
      draws: Independent fillings of each example.
      average: Whether to use the averages kept by `dynamics.averaged`.

    Returns:
      Fillings [draws, m, ...]; known values are returned as they came.

    Raises:
      ValueError: If `mask` has not the shape of `x`, or `draws` is below 1.

    Examples:
      See `inpainting`.
    """
    check_at_least(1, draws=draws)
    _validation.check_mask_shape(mask, x)
    num = draws * x.shape[0]
    condition = jax.tree.map(
        lambda leaf: jnp.tile(leaf, (draws, *(1,) * (leaf.ndim - 1))), (x, mask)
    )
    filled = sample(game, state, key, num, condition=condition, average=average)
    return filled.reshape(draws, *x.shape)
