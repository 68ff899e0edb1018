"""Shares and shapes of random masks, and compound priors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import priors

KEY = jax.random.key(0)


def test_bernoulli_masks_have_the_stated_probability():
    """All bounds are more than 4 standard errors wide."""
    shares = np.asarray(priors.bernoulli_mask((10, 10), keep=0.3)(KEY, 1_000))
    assert abs(shares.mean() - 0.3) < 0.01
    masks = np.asarray(priors.bernoulli_mask(400, keep=(0.2, 0.8))(KEY, 1_000))
    rates = masks.mean(axis=1)
    assert rates.min() > 0.1
    assert rates.max() < 0.9
    assert (
        abs(rates.std() - 0.6 / np.sqrt(12)) < 0.02
    )  # standard deviation of U(.2, .8)


def test_half_masks_are_the_four_halves():
    masks = np.asarray(priors.half_mask((4, 6, 2))(KEY, 200))
    kinds = np.unique(masks.reshape(200, -1), axis=0)
    assert len(kinds) == 4
    assert (masks.mean(axis=(1, 2, 3)) == 0.5).all()
    assert (masks[..., 0] == masks[..., 1]).all()


def test_block_masks_hide_one_block_anywhere():
    masks = ~np.asarray(priors.block_mask((5, 6, 1), (2, 3))(KEY, 2_000))[..., 0]
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    assert (rows.sum(axis=1) == 2).all()
    assert (columns.sum(axis=1) == 3).all()
    assert (masks.sum(axis=(1, 2)) == 6).all()
    assert len(np.unique(masks.reshape(2_000, -1), axis=0)) == 4 * 4  # every position


def test_any_of_mixes_equally():
    mixed = priors.any_of(
        lambda key, num: jnp.zeros((num, 3)), lambda key, num: jnp.ones((num, 3))
    )
    draws = np.asarray(mixed(KEY, 2_000))
    assert (draws == draws[:, :1]).all()
    assert abs(draws.mean() - 0.5) < 0.05


def test_invalid_arguments():
    with pytest.raises(ValueError, match=r"keep in \[0, 1\], in order"):
        priors.bernoulli_mask(3, keep=(0.8, 0.2))
    with pytest.raises(ValueError, match="a block within 4 x 4, got 5"):
        priors.block_mask((4, 4, 1), 5)
    with pytest.raises(ValueError, match="parts >= 1"):
        priors.any_of()


def test_concatenated_parts_are_independent():
    prior = priors.concatenated(priors.normal(1), priors.normal(1))
    z = np.asarray(prior(KEY, 5_000))
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.06


def test_categories_are_equally_likely():
    draws = np.asarray(priors.categorical(4)(KEY, 8_000))
    assert ((draws == 0) | (draws == 1)).all()
    np.testing.assert_allclose(draws.mean(axis=0), 0.25, atol=0.02)


def test_image_masks_refuse_other_shapes():
    for make in (priors.half_mask, lambda shape: priors.block_mask(shape, 2)):
        with pytest.raises(ValueError, match=r"one image, \(h, w, c\), got \(28, 28\)"):
            make((28, 28))
