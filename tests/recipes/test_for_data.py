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


@functools.cache
def pair(**options):
    x = np.random.default_rng(0).normal(size=(100, 2))
    return recipes.for_data(x, settings=recipes.Settings(**options))


def test_settings_replace_those_of_the_pair():
    recipe = pair(batch_size=10, k=3, width=8, learning_rate=(1e-3, 2e-3), r2=0.0)
    assert recipe.batch_size == 30
    chosen = {"loss": "relativistic", "r1": 0.5, "r2": 0.0, "width": 8, "k": 3}
    assert chosen.items() <= recipe.settings.items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mirror": True}, "for vectors of 2 values, got mirror. Leave out it;"),
        ({"augment": "ada"}, "Expected augment 'none' for a fully connected pair"),
        ({"model": "base"}, "Expected model 'mlp' for a fully connected pair"),
    ],
)
def test_a_setting_for_images_is_refused_for_vectors(options, message):
    with pytest.raises(ValueError, match=message):
        pair(**options)


def train(recipe, batch, num_steps=1):
    with jax.numpy_dtype_promotion("standard"):
        state = recipe.algorithm.init(jax.random.key(0), batch)
        step = jax.jit(recipe.algorithm.train_step)
        for _ in range(num_steps):
            state, metrics = step(state, batch)
    return state, metrics


@pytest.mark.ci
def test_bfloat16_keeps_the_units_of_the_data():
    """Only the networks compute in bfloat16, which holds 1e6 to 4,000."""
    x = 1e6 + np.random.default_rng(0).normal(size=(64, 2))
    settings = recipes.Settings(precision="bfloat16", loss="hinge", r2=0.0, ema=0.0)
    recipe = recipes.for_data(x, settings=settings)
    state, metrics = train(recipe, x.astype(np.float32))
    samples = advnet.sample(recipe.game, state, jax.random.key(1), 64)
    assert samples.dtype == np.float32
    assert np.abs(samples - 1e6).max() < 10
    assert state.players["generator"].average is None
    assert "discriminator/r2" not in metrics


@pytest.mark.ci
def test_labels_make_the_pair_conditional():
    """The means of two classes, 10 deviations apart, are learned."""
    y = np.arange(64) % 2
    x = (20 * y[:, None] + np.random.default_rng(0).normal(size=(64, 2))).astype("f")
    settings = recipes.Settings(width=32, ema=0.9, learning_rate=2e-3)
    recipe = recipes.for_data(x, y, num_classes=2, settings=settings)
    assert recipe.about.endswith("of 2 classes")
    state, _ = train(recipe, (x, y.astype(np.int32)), num_steps=300)
    samples = advnet.sample(
        recipe.game, state, jax.random.key(1), 64, condition=y.astype(np.int32)
    )
    for label in (0, 1):
        assert abs(float(samples[y == label].mean()) - 20 * label) < 5


def test_bytes_are_pixels():
    """Bytes give the moments of pixels in [0, 1]."""
    x = np.random.default_rng(0).integers(0, 256, (50, 5, 5, 1), np.uint8)
    recipe = recipes.for_data(x)
    with jax.numpy_dtype_promotion("standard"):
        batch = x.astype(np.float32) / 255
        state = recipe.algorithm.init(jax.random.key(0), batch)
        samples = advnet.sample(recipe.game, state, jax.random.key(1), 500)
    assert abs(float(samples.mean()) - 0.5) < 0.1


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), r"Expected integer labels \[20\], .* got int64 \[3\]"),
        (np.zeros(20), r"one for each example, got float64 \[20\]"),
        (np.full(20, 7), "Expected classes 0 to 1, got 7 to 7"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        recipes.for_data(np.eye(20), labels, num_classes=2)
