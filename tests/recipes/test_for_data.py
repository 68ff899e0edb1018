"""Default networks for the user's data: units, offsets and refusals."""

import functools

import jax
import numpy as np
import pytest

import advnet
from advnet import recipes


@functools.cache
def first_samples(scale, offset, dtype):
    """Return samples before training, and their differences in deviations."""
    x = offset + scale * np.random.default_rng(0).normal(size=(200, 2))
    x = x.astype(dtype)
    recipe = recipes.for_data(x)
    with jax.numpy_dtype_promotion("standard"):
        state = recipe.algorithm.init(jax.random.key(0), x.astype(np.float32))
        samples = advnet.sample(recipe.game, state, jax.random.key(1), 100)
    x = x.astype(np.float64)
    return (np.asarray(samples, np.float64) - x.mean(axis=0)) / x.std(axis=0)


@pytest.mark.parametrize(
    ("scale", "offset", "dtype"),
    [
        (1, 1e6, np.float64),
        (1, 1e6, np.float32),
        (100, 20_240_600, np.int32),
        (1e6, 1.7e9, np.float64),
        (1e-20, 0, np.float64),
        (1e15, 0, np.float32),
    ],
)
def test_samples_have_the_units_of_the_data(scale, offset, dtype):
    """The first samples are those of standard data, shifted and scaled."""
    spacing = np.spacing(np.float32(offset)) / scale
    expected = first_samples(1, 0, np.float64)
    samples = first_samples(scale, offset, dtype)
    np.testing.assert_allclose(samples, expected, atol=spacing + 1e-3)


def test_a_constant_value_is_only_shifted():
    x = np.random.default_rng(0).normal(size=(100, 2))
    x[:, 1] = 0.1
    recipe = recipes.for_data(x)
    with jax.numpy_dtype_promotion("standard"):
        state = recipe.algorithm.init(jax.random.key(0), x.astype(np.float32))
        samples = advnet.sample(recipe.game, state, jax.random.key(1), 100)
    assert 0.1 < samples[:, 1].std() < 2  # in the unit of the data


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((1, 2)), r"n >= 2, got shape \(1, 2\)"),
        (np.zeros(5), "needs an axis"),
        (np.array([[0.0], [np.nan]]), r"Expected finite examples .* got nan at"),
        (np.array([[0.0], [1e200]]), r"Expected finite examples .* got 1e\+200"),
        (1.7e9 + np.arange(60.0)[:, None], "Subtract a constant, such as the first"),
        (1e-200 * np.arange(60.0)[:, None], "whose differences float32 holds"),
    ],
)
def test_bad_data(x, message):
    with pytest.raises(ValueError, match=message):
        recipes.for_data(x)
