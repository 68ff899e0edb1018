"""Modules with several inputs or outputs, and multilayer perceptrons."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import modules

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (3, 4, 4, 2))


def concatenate(*inputs, **options):
    """Return the input that `Concatenate` passes to its network."""
    identity = nn.Sequential([lambda x: x])
    return modules.Concatenate(identity, **options).apply({}, *inputs)


def test_inputs_are_concatenated_as_vectors():
    label, mask = jnp.array([0, 2, 1]), jnp.array([True, False, True])
    vectors = concatenate(X, label, mask, num_classes=3)
    assert vectors.shape == (3, 32 + 3 + 1)
    np.testing.assert_array_equal(vectors[:, :32], X.reshape(3, -1))
    np.testing.assert_array_equal(vectors[:, 32:35], jnp.eye(3)[label])
    np.testing.assert_array_equal(vectors[:, 35], [1, 0, 1])


def test_inputs_are_concatenated_as_channels():
    label = jnp.array([0, 2, 1])
    maps = concatenate(X, label, X[..., :1], num_classes=3, channels=True)
    assert maps.shape == (3, 4, 4, 2 + 3 + 1)
    np.testing.assert_array_equal(maps[1, :, :, 4], 1)
    np.testing.assert_array_equal(maps[..., 5], X[..., 0])


def test_projection_equals_its_definition():
    features = jax.random.normal(KEY, (3, 5))
    trunk = nn.Sequential([lambda x: (x[:, 0, 0, 0], features)])
    critic = modules.Projection(trunk, num_classes=3)
    label = jnp.array([2, 0, 1])
    variables = critic.init(KEY, X, label)
    embedding = variables["params"]["Dense_0"]["kernel"]
    expected = X[:, 0, 0, 0] + (embedding[label] * features).sum(axis=1)
    logits = critic.apply(variables, X, label)
    np.testing.assert_allclose(logits, expected, rtol=1e-6)


def test_mixture_noise_equals_its_definition():
    module = modules.MixtureNoise(components=2)
    params = {
        "means": jnp.array([[1.0, 2.0], [3.0, 4.0]]),
        "scales": jnp.array([[1.0, 1.0], [0.5, 2.0]]),
    }
    z = jnp.array([[0.1, 0.2, 1.0, 0.0], [0.1, 0.2, 0.0, 1.0]])
    noise = module.apply({"params": params}, z)
    np.testing.assert_allclose(noise, [[1.1, 2.2], [3.05, 4.4]], rtol=1e-6)


def test_concatenate_passes_on_training_mode_and_output_range():
    generator = modules.Concatenate(modules.MLPGenerator((4,)), num_classes=3)
    assert generator.output_range == (0.0, 1.0)
    critic = modules.Concatenate(modules.MaxoutDiscriminator((8,), 2), num_classes=3)
    label = jnp.arange(3)
    variables = critic.init(KEY, X, label, train=False)
    logits = lambda seed, train: critic.apply(
        variables, X, label, train=train, rngs={"dropout": jax.random.key(seed)}
    )
    np.testing.assert_array_equal(logits(0, False), logits(1, False))
    assert (logits(0, True) != logits(1, True)).any()


def test_critic_adds_noise_in_training_only():
    critic = modules.MLPDiscriminator((8, 8), noise=(0.3, 0.5), outputs=3)
    x = X.reshape(3, -1)
    variables = critic.init(KEY, x, train=False)
    logits = lambda seed, train: critic.apply(
        variables, x, train=train, rngs={"noise": jax.random.key(seed)}
    )
    np.testing.assert_array_equal(logits(0, False), logits(1, False))
    assert (logits(0, True) != logits(1, True)).all()


def test_weight_normalized_critic_does_not_depend_on_the_norm_of_its_weights():
    critic = modules.MLPDiscriminator((8,), noise=0.0, weight_norm=True)
    x = X.reshape(3, -1)
    variables = critic.init(KEY, x, train=False)
    longer = jax.tree.map(lambda leaf: leaf * 3 if leaf.ndim == 2 else leaf, variables)
    np.testing.assert_allclose(
        critic.apply(longer, x, train=False),
        critic.apply(variables, x, train=False),
        rtol=1e-5,
    )


def test_integers_require_a_number_of_classes():
    with pytest.raises(ValueError, match="needs num_classes"):
        concatenate(X, jnp.arange(3))


def test_classes_out_of_range_are_refused_unless_traced():
    module = modules.Concatenate(nn.Dense(1), num_classes=10)
    x = jnp.zeros((2, 3))
    for labels in ([1, 10], [-1, 0]):
        with pytest.raises(ValueError, match="classes 0 to 9, got"):
            module.init(jax.random.key(0), x, jnp.array(labels))
    labels = jnp.array([1, 10])  # a constant of the traced function, so it has values
    with pytest.raises(ValueError, match="classes 0 to 9, got 1 to 10"):
        jax.eval_shape(lambda key: module.init(key, x, labels), jax.random.key(0))


def test_channels_accept_any_order_but_a_single_map_size():
    z, image = jnp.ones((2, 3)), jnp.zeros((2, 4, 5, 1))
    maps = concatenate(z, image, channels=True)
    assert maps.shape == (2, 4, 5, 4)
    np.testing.assert_array_equal(maps[:, 2, 2], jnp.array([[1.0, 1, 1, 0]] * 2))
    with pytest.raises(ValueError, match=r"maps of one size \(4, 5\).*got.*\(2, 2\)"):
        concatenate(image, jnp.zeros((2, 2, 2, 1)), channels=True)


def test_a_number_of_classes_needs_classes():
    for module in (
        modules.Concatenate(nn.Dense(1), num_classes=10),
        modules.Projection(nn.Sequential([lambda x: (x[:, 0], x)]), num_classes=10),
    ):
        with pytest.raises(ValueError, match="below num_classes=10, or probabilities"):
            module.init(KEY, jnp.zeros((2, 3)), jnp.zeros(2))
        for numbers in (jnp.zeros((2, 10)), jnp.zeros((2, 4, 4, 1))):
            module.init(KEY, jnp.zeros((2, 3)), numbers)
