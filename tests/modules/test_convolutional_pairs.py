"""Shapes, statistics and training of the DCGAN pair and of the paper's pair."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors, terms

KEY = jax.random.key(0)


def train(generator, discriminator, shape, penalties=()):
    game = games.gan(
        generator, discriminator, priors.normal(6), loss=losses.hinge(), terms=penalties
    )
    algorithm = advnet.alternating(game, optax.sgd(0.01))
    x = jax.random.uniform(KEY, (8, *shape))
    state = jax.jit(algorithm.init)(KEY, x)
    state, metrics = jax.jit(algorithm.train_step)(state, x)
    assert all(jnp.isfinite(value) for value in metrics.values())
    return game, state


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((28, 28, 1), (8, 4)), ((40, 24, 3), (8, 4, 4)), ((33, 47, 1), (8, 4, 2, 2))],
)
def test_dcgan_pair_on_images_of_any_shape(shape, channels):
    generator = modules.DCGANGenerator(shape=shape, channels=channels)
    critic = modules.DCGANDiscriminator(channels=channels[::-1])

    def apply_pair(key):
        z = jax.random.normal(key, (3, 6))
        images = generator.init_with_output(key, z, train=False)[0]
        return images, critic.init_with_output(key, images, train=False)[0]

    images, logits = jax.eval_shape(apply_pair, KEY)
    assert images.shape == (3, *shape)
    assert logits.shape == (3,)


@pytest.mark.ci
def test_dcgan_pair_trains_and_samples():
    generator = modules.DCGANGenerator(shape=(4, 6, 2), channels=(3,))
    critic = modules.DCGANDiscriminator(channels=(3,), minibatch_std_dev=True)
    game, state = train(generator, critic, (4, 6, 2), [terms.r1()])
    samples = advnet.sample(game, state, KEY, 3)
    assert samples.shape == (3, 4, 6, 2)
    assert 0 < samples.min() < samples.max() < 1


@pytest.mark.ci
def test_spectral_norm_bounds_the_critic():
    """The output does not change if kernels are scaled by 1000."""
    critic = modules.DCGANDiscriminator(channels=(4, 4), normalization="spectral")
    x = jax.random.uniform(KEY, (4, 8, 8, 1))
    variables = critic.init(KEY, x, train=False)
    _, state = critic.apply(variables, x, train=True, mutable=["batch_stats"])
    for _ in range(20):  # power iterations
        _, state = critic.apply(
            {"params": variables["params"], **state},
            x,
            train=True,
            mutable=["batch_stats"],
        )
    logits = critic.apply({"params": variables["params"], **state}, x, train=False)
    larger = jax.tree.map(lambda w: 1000 * w if w.ndim > 1 else w, variables["params"])
    _, state = critic.apply(
        {"params": larger, **state}, x, train=True, mutable=["batch_stats"]
    )
    scaled_logits = critic.apply({"params": larger, **state}, x, train=False)
    np.testing.assert_allclose(scaled_logits, logits, rtol=1e-3, atol=1e-4)


def test_the_papers_pair_has_the_papers_maps():
    """The maps have 32, 16, 7 and 5 pixels; 10 x 10 x 80 becomes 32 x 32 x 3."""
    generator = modules.DeconvolutionalGenerator()
    critic = modules.MaxoutConvDiscriminator(features=True)
    z = jnp.zeros((2, 100))
    variables = jax.eval_shape(generator.init, KEY, z)
    images = jax.eval_shape(generator.apply, variables, z)
    assert images.shape == (2, 32, 32, 3)
    assert variables["params"]["bias"].shape == (32, 32, 3)
    init = lambda key, x: critic.init(key, x, train=False)
    variables = jax.eval_shape(init, KEY, images)
    kernels = [leaf.shape for leaf in jax.tree.leaves(variables) if len(leaf.shape) > 1]
    assert sorted(kernels) == sorted(
        [(8, 8, 3, 64), (8, 8, 32, 64), (5, 5, 32, 384)]
        + [(5 * 5 * 192, 2500), (500, 1)]
    )


@pytest.mark.ci
def test_the_papers_pair_trains_small():
    generator = modules.DeconvolutionalGenerator(
        hidden=(16, 36), grid=(3, 3, 4), output=jax.nn.sigmoid
    )
    layer = modules.MaxoutConvLayer(4, 2, 3, 1, 2, 2)
    critic = modules.MaxoutConvDiscriminator(layers=[layer], units=6)
    train(generator, critic, (11, 11, 3))


def test_grid_and_units_must_agree():
    generator = modules.DeconvolutionalGenerator(hidden=(16, 35), grid=(3, 3, 4))
    with pytest.raises(ValueError, match="35 units and a grid .* of 36"):
        generator.init(KEY, jnp.zeros((2, 6)))


def test_patch_critics_say_what_they_need():
    x = jnp.zeros((2, 16, 16, 3))
    make = modules.PatchDiscriminator
    with pytest.raises(ValueError, match="at least 24 values a side"):
        make().init(jax.random.key(0), x, train=False)
    with pytest.raises(ValueError, match="normalization to be one of"):
        make(layers=1, normalization="layer").init(jax.random.key(0), x, train=False)
    with pytest.raises(TypeError, match="Write MultiScale"):
        modules.MultiScale(make()).init(jax.random.key(0), x, train=False)


def test_dcgan_without_batch_statistics():
    """Pixel normalization and no normalization leave examples independent."""
    generator = modules.DCGANGenerator((8, 8, 1), (6, 4), normalization="pixel")
    critic = modules.DCGANDiscriminator((4,), normalization="none", center=True)
    z = jax.random.normal(KEY, (3, 6))
    variables = generator.init(KEY, z, train=True)
    images = generator.apply(variables, z, train=True)
    # The scale of the noise does not matter, and the other examples do not.
    same = generator.apply(variables, 2 * z[:1], train=True)
    np.testing.assert_allclose(images[:1], same, rtol=1e-5)
    variables = critic.init(KEY, images, train=True)
    assert set(variables) == {"params"}
    gray = jnp.full((1, 8, 8, 1), 0.5)
    assert critic.apply(variables, gray, train=True) == 0  # the center, without biases


def test_dcgan_refuses_an_unknown_normalization():
    critic = modules.DCGANDiscriminator(normalization="layer")
    with pytest.raises(ValueError, match="normalization to be one of .* got 'layer'"):
        critic.init(KEY, jnp.zeros((1, 8, 8, 1)), train=True)
