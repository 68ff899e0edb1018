"""Inpainting: known values stay, and missing values may be anything."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (8, 3))


def make_game(masks=None):
    masks = masks or priors.bernoulli_mask(3)
    return games.inpainting(
        modules.Concatenate(nn.Dense(3)),
        modules.Concatenate(nn.Dense(1)),
        priors.normal(2),
        masks,
        loss=losses.hinge(),
    )


def start(game):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, X)


@pytest.mark.ci
def test_known_values_stay_and_missing_ones_may_be_nan():
    game = make_game()
    state = start(game)
    mask = jnp.tile(jnp.array([[True, False, True]]), (8, 1))
    completed = advnet.impute(game, state, X, mask, KEY, draws=5)
    np.testing.assert_array_equal(
        completed[:, :, ::2], jnp.tile(X[None, :, ::2], (5, 1, 1))
    )
    with_nan = jnp.where(mask, X, jnp.nan)
    again = advnet.impute(game, state, with_nan, mask, KEY, draws=5)
    np.testing.assert_array_equal(again, completed)
    assert len(np.unique(completed[:, 0, 1])) == 5


def test_the_critic_receives_the_mask_and_the_generator_known_values_only():
    calls = {"generator": [], "critic": []}

    def generate(params, z, known, mask):
        calls["generator"].append((known, mask))
        return known * 0 + params

    def discriminate(params, x, mask):
        calls["critic"].append((x, mask))
        return (x * params).sum(axis=1)

    mask = jnp.arange(24).reshape(8, 3) % 2 == 0
    game = games.inpainting(
        (lambda key, *_: jnp.full((1, 3), 9.0), generate),
        (lambda key, *_: jnp.ones((1, 3)), discriminate),
        priors.normal(2),
        lambda key, num: mask,
        loss=losses.hinge(),
    )
    start(game)
    known, generator_mask = calls["generator"][0]
    np.testing.assert_array_equal(known, jnp.where(mask, X, 0))
    np.testing.assert_array_equal(generator_mask, mask)
    (real, _), (fake, critic_mask) = calls["critic"][:2]
    np.testing.assert_array_equal(real, X)
    np.testing.assert_array_equal(fake, jnp.where(mask, X, 9))
    np.testing.assert_array_equal(critic_mask, mask)


def test_masks_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"examples' shape \(8, 3\).*got \(8, 4\)"):
        start(make_game(priors.bernoulli_mask(4)))
    game = make_game()
    with pytest.raises(ValueError, match=r"examples' shape \(8, 3\).*got \(8,\)"):
        advnet.impute(game, start(game), X, jnp.ones(8), KEY)
    with pytest.raises(ValueError, match="draws >= 1, got 0"):
        advnet.impute(game, start(game), X, jnp.ones((8, 3)), KEY, draws=0)
    with pytest.raises(ValueError, match="draws under a condition"):
        advnet.sample(game, start(game), KEY, 8)
