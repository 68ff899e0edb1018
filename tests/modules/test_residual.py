"""Facts of the published residual networks, and images of any size."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import modules
from advnet.modules import _resampling as resampling

KEY = jax.random.key(0)
Z = jnp.zeros((2, 64))

# Millions of parameters of generator and discriminator, from the published presets.
PRESETS = {
    "CIFAR-10": ((32, 32, 3), (768,) * 4, 16, 20.7, 20.7),
    "FFHQ-64": ((64, 64, 3), (768,) * 4 + (384,), 16, 22.4, 22.4),
    "FFHQ-256": ((256, 256, 3), (768,) * 4 + (384, 192, 96), 16, 23.1, 23.0),
    "ImageNet-32": ((32, 32, 3), (1536,) * 4, 32, 82.8, 82.7),
}


def parameters_of(module, *inputs):
    return jax.eval_shape(lambda: module.init(KEY, *inputs, train=False))["params"]


def count(module, *inputs):
    shapes = jax.tree.leaves(parameters_of(module, *inputs))
    return sum(math.prod(leaf.shape) for leaf in shapes)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_parameter_counts_are_the_published_ones(preset):
    shape, width, group_size, generator, discriminator = preset
    options = {"width": width, "group_size": group_size}
    images = jnp.zeros((1, *shape))
    num = count(modules.ResidualGenerator(shape, **options), Z[:1])
    assert num / 1e6 == pytest.approx(generator, abs=0.05)
    num = count(modules.ResidualDiscriminator(**options), images)
    assert num / 1e6 == pytest.approx(discriminator, abs=0.05)


def test_spectral_pair_has_the_published_size():
    # Dense 128 -> 4 x 4 x 256, three blocks of two 3 x 3 convolutions and a shortcut,
    # batch normalization before each convolution, and the output convolution.
    block = 2 * (9 * 256 * 256 + 256) + 256 * 256 + 256 + 4 * 256
    expected = 129 * 4096 + 3 * block + 2 * 256 + 9 * 256 * 3 + 3
    generator = modules.SpectralResidualGenerator((32, 32, 3), 256)
    assert count(generator, jnp.zeros((1, 128))) == expected
    convolution = 9 * 128 * 128 + 128
    first = 9 * 3 * 128 + 128 + convolution + 3 * 128 + 128
    halving = 2 * convolution + 128 * 128 + 128
    expected = first + halving + 2 * 2 * convolution + 129
    discriminator = modules.SpectralResidualDiscriminator(128)
    assert count(discriminator, jnp.zeros((1, 32, 32, 3))) == expected


PAIRS = {
    "residual": (modules.ResidualGenerator, modules.ResidualDiscriminator),
    "spectral": (
        modules.SpectralResidualGenerator,
        modules.SpectralResidualDiscriminator,
    ),
}
SHAPES = [(75, 100, 1), (33, 47, 2), (5, 9, 4), (28, 28, 6), (512, 512, 3), (3, 3, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_images_of_any_shape(pair, shape):
    generator = pair[0](shape, width=16, num_classes=3)
    critic = pair[1](width=16, num_classes=3, features=True)
    labels = jnp.array([0, 2])

    def apply_pair():
        images, _ = generator.init_with_output(KEY, Z, labels, train=True)
        return images, critic.init_with_output(KEY, images, labels, train=True)[0]

    images, (logits, features) = jax.eval_shape(apply_pair)
    assert images.shape == (2, *shape)
    assert logits.shape == (2,)
    assert features.shape == (2, 16)


def test_stages_start_near_four_pixels():
    sizes = {(32, 32): 4, (64, 48): 5, (28, 28): 4, (75, 100): 5, (4, 40): 1, (3, 3): 1}
    assert {size: resampling.count_stages(size) for size in sizes} == sizes
    assert resampling.base_size((75, 100), 5) == (5, 7)


def test_initial_kernels_have_the_published_scale():
    critic = modules.ResidualDiscriminator(width=(64, 96), num_classes=10)
    x, label = jnp.zeros((1, 8, 8, 3)), jnp.zeros(1, jnp.int32)
    params = jax.jit(lambda: critic.init(KEY, x, label))()["params"]
    gain = math.sqrt(2 / 1.04) * 4**-0.25
    block = params["_Block_0"]  # 96 channels, 192 inside
    deviation = lambda name: float(block[name]["kernel"].std())
    assert deviation("Dense_0") == pytest.approx(gain / math.sqrt(96), rel=0.02)
    assert deviation("Conv_0") == pytest.approx(gain / math.sqrt(9 * 16), rel=0.02)
    assert deviation("Dense_1") == 0
    assert float(params["basis"].std()) == pytest.approx(1 / 4, rel=0.1)
    # Scale of the embedding: gain 1 / sqrt(width), from 10 inputs.
    embedding = params["Dense_2"]["kernel"]
    assert embedding.shape == (10, 64)
    assert float(embedding.std()) == pytest.approx(1 / math.sqrt(640), rel=0.1)


def test_condition_changes_samples_and_logits():
    generator = modules.ResidualGenerator((8, 8, 1), width=16, num_classes=2)
    z = jnp.ones((2, 4))
    images, _ = generator.init_with_output(KEY, z, jnp.array([0, 1]), train=True)
    assert jnp.abs(images[0] - images[1]).max() > 0.01
    critic = modules.ResidualDiscriminator(width=16, num_classes=2)
    same = jnp.stack([images[0], images[0]])
    logits, _ = critic.init_with_output(KEY, same, jnp.array([0, 1]))
    assert logits[0] != logits[1]


def test_pixels_are_clipped_outside_training():
    generator = modules.ResidualGenerator((8, 8, 3), width=16)
    z = 10 * jax.random.normal(KEY, (4, 8))
    variables = generator.init(KEY, z, train=True)
    raw = generator.apply(variables, z, train=True)
    assert raw.min() < 0 < 1 < raw.max()
    clipped = generator.apply(variables, z, train=False)
    np.testing.assert_array_equal(clipped, raw.clip(0, 1))


@pytest.mark.ci
def test_bfloat16_in_the_high_resolutions():
    shape, options = (16, 16, 3), {"width": 16}
    z = jax.random.normal(KEY, (2, 4))
    generator = modules.ResidualGenerator(shape, **options)
    mixed = modules.ResidualGenerator(shape, **options, bfloat16_stages=2)
    variables = generator.init(KEY, z, train=True)
    assert jax.tree.leaves(variables)[0].dtype == jnp.float32
    exact, rounded = (g.apply(variables, z, train=True) for g in (generator, mixed))
    assert rounded.dtype == jnp.float32
    assert 0 < float(jnp.abs(exact - rounded).max()) < 0.05
    critic = modules.ResidualDiscriminator(**options, bfloat16_stages=2)
    logits, _ = critic.init_with_output(KEY, exact)
    assert logits.dtype == jnp.float32


def test_groups_must_fit_the_width():
    critic = modules.ResidualDiscriminator(width=20)
    with pytest.raises(ValueError, match="multiple of group_size=16, got 40"):
        critic.init(KEY, jnp.zeros((1, 8, 8, 1)))


def convolve_with_filter(x, factor, **options):
    """Apply [1, 3, 3, 1] along both axes by XLA's depthwise convolution."""
    taps = jnp.array([1.0, 3.0, 3.0, 1.0])
    kernel = factor / 64 * jnp.outer(taps, taps)[..., None, None]
    return jax.lax.conv_general_dilated(
        x,
        jnp.tile(kernel, (1, 1, 1, x.shape[-1])),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
        **options,
    )


def test_resampling_is_the_published_filter():
    x = jax.random.normal(KEY, (2, 6, 8, 3))
    options = {"window_strides": (2, 2), "padding": ((1, 1), (1, 1))}
    expected = convolve_with_filter(x, 1.0, **options)
    np.testing.assert_allclose(resampling.downsample(x), expected, atol=1e-6)
    options = {"window_strides": (1, 1), "padding": ((2, 2), (2, 2))}
    expected = convolve_with_filter(x, 4.0, lhs_dilation=(2, 2), **options)
    np.testing.assert_allclose(resampling.upsample(x), expected, atol=1e-6)


def test_padding_is_the_inverse_of_cropping():
    x = jax.random.normal(KEY, (2, 5, 7, 1))
    padded = resampling.pad(x, (8, 8))
    assert padded.shape == (2, 8, 8, 1)
    np.testing.assert_array_equal(resampling.crop(padded, (5, 7)), x)
