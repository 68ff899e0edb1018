"""Layers and initializers against their definitions and probabilities."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import modules

KEY = jax.random.key(0)


@pytest.mark.parametrize("keep", [0.5, 0.8, 0.75])
def test_dropout_rate_and_scale(keep):
    x = jnp.ones((1000, 1001))
    rngs = {"dropout": KEY}
    dropped = modules.Dropout(keep).apply({}, x, train=True, rngs=rngs)
    rate = float((dropped != 0).mean())
    # Four standard errors of a binomial rate over 10^6 draws.
    assert abs(rate - keep) < 4 * (keep * (1 - keep) / 1e6) ** 0.5 + 1e-5
    np.testing.assert_allclose(dropped[dropped != 0], 1 / keep, rtol=2e-5)
    columns = (dropped != 0).mean(axis=0)
    assert float(jnp.abs(columns - keep).max()) < 5 * (keep * (1 - keep) / 1000) ** 0.5


def test_dropout_masks_are_independent():
    """Units that share a 32-bit draw are uncorrelated, as are examples."""
    dropped = modules.Dropout(0.5).apply(
        {}, jnp.ones((20_000, 8)), train=True, rngs={"dropout": KEY}
    )
    correlation = np.corrcoef(np.asarray(dropped).T)
    assert np.abs(correlation - np.eye(8)).max() < 5 / 20_000**0.5


def test_dropout_is_off_in_inference():
    x = jnp.ones((2, 3))
    np.testing.assert_array_equal(modules.Dropout(0.5).apply({}, x, train=False), x)
    np.testing.assert_array_equal(modules.Dropout(1.0).apply({}, x, train=True), x)
    with pytest.raises(ValueError, match=r"keep in \(0, 1\], got 0.0"):
        modules.Dropout(0.0).apply({}, x, train=True, rngs={"dropout": KEY})


def test_maxout_is_the_maximum_of_its_pieces():
    layer = modules.Maxout(units=3, pieces=5)
    x = jax.random.normal(KEY, (7, 4))
    variables = layer.init(KEY, x)
    dense = variables["params"]["Dense_0"]
    pieces = (x @ dense["kernel"] + dense["bias"][None]).reshape(7, 5, 3)
    np.testing.assert_allclose(layer.apply(variables, x), pieces.max(axis=1), rtol=1e-6)


def test_minibatch_std_dev_equals_its_definition():
    x = jax.random.normal(KEY, (8, 3, 3, 2))
    y = modules.MinibatchStdDev(group_size=4).apply({}, x)
    assert y.shape == (8, 3, 3, 3)
    np.testing.assert_array_equal(y[..., :2], x)
    for group in (0, 1):
        members = np.asarray(x[group::2])
        expected = members.std(axis=0).mean()
        np.testing.assert_allclose(y[group::2, ..., 2], expected, rtol=1e-5)


def test_minibatch_std_dev_of_equal_examples_is_zero():
    same = jnp.broadcast_to(jax.random.normal(KEY, (1, 5)), (8, 5))
    collapsed = modules.MinibatchStdDev().apply({}, same)
    assert float(collapsed[:, -1].max()) < 1e-3


def test_bias_from_marginals_gives_the_mean_example():
    data = np.random.default_rng(0).uniform(size=(50, 2, 3)).astype(np.float32)
    data[:, 0, 0] = 0  # a pixel that is always black
    generator = modules.MLPGenerator(
        shape=(2, 3),
        kernel_init=nn.initializers.zeros,
        output_bias_init=modules.bias_from_marginals(data),
    )
    z = jnp.zeros((1, 4))
    image = generator.apply(generator.init(KEY, z), z)[0]
    np.testing.assert_allclose(image, data.mean(axis=0), atol=1e-6)
    with pytest.raises(ValueError, match=r"data in \[0, 1\], got \[0, 2"):
        modules.bias_from_marginals(data * 255)


def test_the_papers_pair_has_the_papers_shapes():
    generator, discriminator = modules.MLPGenerator(), modules.MaxoutDiscriminator()
    z, x = jnp.zeros((2, 100)), jnp.zeros((2, 784))
    shapes = lambda module, *inputs, **options: sorted(
        leaf.shape
        for leaf in jax.tree.leaves(
            jax.eval_shape(lambda: module.init(KEY, *inputs, **options))
        )
        if len(leaf.shape) == 2
    )
    assert shapes(generator, z) == [(100, 1200), (1200, 784), (1200, 1200)]
    assert shapes(discriminator, x, train=False) == [(240, 1), (240, 1200), (784, 1200)]
    params = generator.init(KEY, z)["params"]
    assert jnp.abs(params["Dense_0"]["kernel"]).max() <= 0.05
    critic = discriminator.init(KEY, x, train=False)["params"]
    largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(critic))
    assert 0.0049 < largest <= 0.005


def test_activations_per_layer_and_output_range():
    generator = modules.MLPGenerator(
        hidden=(8, 9), activations=(nn.relu, nn.sigmoid), shape=(3,)
    )
    z = jnp.zeros((2, 4))
    assert generator.apply(generator.init(KEY, z), z).shape == (2, 3)
    assert generator.output_range == (0.0, 1.0)
    assert modules.MLPGenerator(output=lambda x: x).output_range is None


def test_discriminator_with_features():
    critic = modules.MaxoutDiscriminator(units=(6, 5), features=True)
    x = jnp.zeros((2, 4))
    logits, features = critic.apply(critic.init(KEY, x, train=False), x, train=False)
    assert logits.shape == (2,)
    assert features.shape == (2, 5)


def test_batch_norm_of_a_generator():
    """Hidden units have mean 0 over a training batch; inference uses statistics."""
    generator = modules.MLPGenerator(
        (3,), (5,), lambda h: h, output=lambda x: x, batch_norm=True
    )
    z = jax.random.normal(KEY, (64, 4))
    variables = generator.init(KEY, z, train=True)
    x, new_state = generator.apply(variables, z, train=True, mutable=["batch_stats"])
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-6)  # affine after mean 0
    means = z @ variables["params"]["Dense_0"]["kernel"]
    (statistics,) = new_state["batch_stats"].values()
    np.testing.assert_allclose(
        statistics["mean"], 0.1 * means.mean(axis=0), rtol=1e-4, atol=1e-6
    )
    assert float(jnp.abs(generator.apply(variables, z, train=False) - x).max()) > 1e-3


@pytest.mark.parametrize("train_gains", [True, False])
def test_weight_normalized_layers_preserve_the_mean_square(train_gains):
    """The inputs of consecutive layers have the same mean square."""
    critic = modules.MLPDiscriminator(
        (2_000, 2_000),
        noise=0.0,
        weight_norm=True,
        train_gains=train_gains,
        features=True,
    )
    x = jax.random.normal(KEY, (64, 1_000))
    (_, features), variables = critic.init_with_output(KEY, x, train=False)
    ratio = (features**2).mean() / (x**2).mean()
    assert float(ratio) == pytest.approx(1, abs=0.1)
    scales = [name for name in variables["params"] if name.startswith("WeightNorm")]
    assert len(scales) == (
        3 if train_gains else 1
    )  # the gain of the last layer is always trained


def test_fixed_gains_require_weight_norm():
    critic = modules.MLPDiscriminator((8,), train_gains=False)
    with pytest.raises(ValueError, match="needs weight_norm=True"):
        critic.init(KEY, jnp.zeros((2, 3)), train=False)


def test_chain_passes_the_training_mode_to_its_layers():
    chain = modules.Chain([modules.MLPGenerator((2,), (4,), batch_norm=True)])
    z = jax.random.normal(jax.random.key(0), (8, 3))
    variables = chain.init(jax.random.key(1), z)
    _, new_state = chain.apply(variables, z, train=True, mutable="batch_stats")
    before, after = map(jax.tree.leaves, (variables["batch_stats"], new_state))
    assert any((x != y).any() for x, y in zip(before, after, strict=True))
