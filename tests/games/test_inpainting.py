"""All conditionals: known values stay, missing ones may be anything."""

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


def game(masks=None):
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


def test_known_values_stay_and_missing_ones_may_be_nan():
    made = game()
    state = start(made)
    mask = jnp.tile(jnp.array([[True, False, True]]), (8, 1))
    filled = advnet.impute(made, state, X, mask, KEY, draws=5)
    np.testing.assert_array_equal(
        filled[:, :, ::2], jnp.tile(X[None, :, ::2], (5, 1, 1))
    )
    holes = jnp.where(mask, X, jnp.nan)
    again = advnet.impute(made, state, holes, mask, KEY, draws=5)
    np.testing.assert_array_equal(again, filled)
    assert len(np.unique(filled[:, 0, 1])) == 5


def test_the_critic_sees_the_mask_and_the_generator_only_what_is_known():
    seen = {"generator": [], "critic": []}

    def generate(params, z, known, mask):
        seen["generator"].append((known, mask))
        return known * 0 + params

    def judge(params, x, mask):
        seen["critic"].append((x, mask))
        return (x * params).sum(axis=1)

    mask = jnp.arange(24).reshape(8, 3) % 2 == 0
    made = games.inpainting(
        (lambda key, *_: jnp.full((1, 3), 9.0), generate),
        (lambda key, *_: jnp.ones((1, 3)), judge),
        priors.normal(2),
        lambda key, num: mask,
        loss=losses.hinge(),
    )
    start(made)
    known, shown = seen["generator"][0]
    np.testing.assert_array_equal(known, jnp.where(mask, X, 0))
    np.testing.assert_array_equal(shown, mask)
    (real, _), (fake, beside) = seen["critic"][:2]
    np.testing.assert_array_equal(real, X)
    np.testing.assert_array_equal(fake, jnp.where(mask, X, 9))
    np.testing.assert_array_equal(beside, mask)


def test_masks_of_another_shape():
    with pytest.raises(ValueError, match=r"examples' shape \(8, 3\).*got \(8, 4\)"):
        start(game(priors.bernoulli_mask(4)))
    made = game()
    with pytest.raises(ValueError, match=r"examples' shape \(8, 3\).*got \(8,\)"):
        advnet.impute(made, start(made), X, jnp.ones(8), KEY)
    with pytest.raises(ValueError, match="draws >= 1, got 0"):
        advnet.impute(made, start(made), X, jnp.ones((8, 3)), KEY, draws=0)
    with pytest.raises(ValueError, match="games.inpainting draws under a condition"):
        advnet.sample(made, start(made), KEY, 8)
