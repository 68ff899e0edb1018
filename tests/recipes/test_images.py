"""The pairs for images: defaults, settings, any size, conditions and schedules."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import advnet
from advnet import recipes
from advnet.recipes import Settings


@pytest.fixture(autouse=True)
def promotion_of_optax():
    """Adam of optax mixes integers and floats."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def pair(shape, num_classes=None, **options):
    x = np.random.default_rng(0).integers(0, 256, (8, *shape), np.uint8)
    labels = None if num_classes is None else np.arange(8) % num_classes
    settings = Settings(**options)
    recipe = recipes.images(x, labels, num_classes=num_classes, settings=settings)
    batch = (x / 255).astype(np.float32)
    return recipe, batch if labels is None else (batch, labels.astype(np.int32))


def abstract_step(recipe, batch):
    """Trace a step and a sample; return the metrics and the shape of the samples."""
    condition = batch[1][:3] if isinstance(batch, tuple) else None

    def run():
        state = recipe.algorithm.init(jax.random.key(0), batch)
        state, metrics = recipe.algorithm.train_step(state, batch)
        key = jax.random.key(1)
        samples = advnet.sample(recipe.game, state, key, 3, condition=condition)
        return metrics, samples

    return jax.eval_shape(run)


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        pytest.param((9, 8, 6), "small", marks=pytest.mark.ci),
        pytest.param((33, 47, 1), "small", marks=pytest.mark.ci),
        pytest.param((28, 28, 2), "small", marks=pytest.mark.ci),
        *itertools.product([(9, 8, 6), (33, 47, 1), (28, 28, 2)], ["tiny", "dcgan"]),
    ],
    ids=str,
)
def test_images_of_any_shape(shape, model):
    recipe, batch = pair(shape, num_classes=2, model=model, width=16)
    metrics, samples = abstract_step(recipe, batch)
    assert samples.shape == (3, *shape)
    assert ("discriminator/augmentation_p" in metrics) == (model == "small")
    assert ("discriminator/r1" in metrics) == (model != "dcgan")


def test_defaults():
    recipe, _ = pair((32, 32, 3))
    assert recipe.about == "a DCGAN for 32 x 32 x 3 images"
    expected = {"loss": "relativistic", "r1": 0.0125, "augment": "diff", "width": 48}
    assert expected.items() <= recipe.settings.items()
    assert recipe.num_steps * recipe.batch_size == pytest.approx(600_000, rel=1e-3)
    # Larger images get narrower layers; large data sets are not augmented.
    recipe = recipes.images(np.zeros((20_000, 128, 128, 1), np.uint8))
    assert recipe.settings["width"] == 12
    assert recipe.settings["r1"] == pytest.approx(0.2)
    assert recipe.settings["augment"] == "none"


@pytest.mark.ci
def test_published_width_of_each_stage():
    recipe, batch = pair((256, 256, 3), model="base")
    state = jax.eval_shape(recipe.algorithm.init, jax.random.key(0), batch)
    params = state.players["generator"].variables.params
    assert params["basis"].shape == (4, 4, 768)
    assert params["Dense_4"]["kernel"].shape == (96, 3)


@pytest.mark.ci
def test_settings_replace_schedules():
    options = {"model": "small", "width": 16, "batch_size": 4}
    metrics = abstract_step(*pair((8, 8, 1), r1=0.0, augment="none", **options))[0]
    assert "discriminator/r1" not in metrics
    assert "discriminator/r2" in metrics
    assert "discriminator/augmentation_p" not in metrics
    recipe, batch = pair((8, 8, 1), ema=0.0, loss="hinge", **options)
    state = jax.eval_shape(recipe.algorithm.init, jax.random.key(0), batch)
    assert state.players["generator"].average is None


def test_schedules_of_the_residual_recipe():
    """Half cosines over the length of training, and an average over a tenth of it."""
    from advnet.recipes._parts import half_cosine
    from advnet.recipes._residual import growing_decay

    rate = half_cosine(2e-4, 5e-5, 100)
    steps = jnp.array([0, 50, 100, 200])
    expected = [2e-4, 1.25e-4, 5e-5, 5e-5]
    np.testing.assert_allclose(jax.vmap(rate)(steps), expected, rtol=1e-5)
    assert growing_decay(jnp.array(0)) == 0.5
    half_life = np.log(0.5) / np.log(float(growing_decay(jnp.array(1000))))
    assert half_life == pytest.approx(101, rel=1e-3)


@pytest.mark.ci
def test_bfloat16_and_mirror_train():
    options = {"precision": "bfloat16", "mirror": True, "augment": "ada", "width": 8}
    recipe, batch = pair((8, 8, 3), **options)
    state = jax.jit(recipe.algorithm.init)(jax.random.key(0), batch)
    state, metrics = jax.jit(recipe.algorithm.train_step)(state, batch)
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics["discriminator/augmentation_p"] == 0  # rises from there
    leaf = jax.tree.leaves(state.players["generator"].variables.params)[0]
    assert leaf.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((4, 8, 8)), r"Expected images \[n, h, w, c\]"),
        (np.full((4, 8, 8, 1), 2.0), "pixels in .0, 1."),
    ],
)
def test_other_data_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        recipes.images(x)


def test_unknown_model():
    with pytest.raises(ValueError, match="Expected a model among .*got 'mlp'"):
        pair((8, 8, 1), model="mlp")
