"""Players of several inputs."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import modules

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (3, 4, 4, 2))


def identity(module):
    """Applies a wrapper around a network that returns its input."""
    return lambda *inputs: module(nn.Sequential([lambda x: x])).apply({}, *inputs)


def test_vectors_side_by_side():
    got = identity(lambda net: modules.Concatenate(net, num_classes=3))(
        X, jnp.array([0, 2, 1]), jnp.array([True, False, True])
    )
    assert got.shape == (3, 32 + 3 + 1)
    np.testing.assert_array_equal(got[:, :32], X.reshape(3, -1))
    np.testing.assert_array_equal(got[:, 32:35], jnp.eye(3)[jnp.array([0, 2, 1])])
    np.testing.assert_array_equal(got[:, 35], [1, 0, 1])


def test_channels_at_every_place():
    got = identity(lambda net: modules.Concatenate(net, num_classes=3, channels=True))(
        X, jnp.array([0, 2, 1]), X[..., :1]
    )
    assert got.shape == (3, 4, 4, 2 + 3 + 1)
    np.testing.assert_array_equal(got[1, :, :, 4], 1)
    np.testing.assert_array_equal(got[..., 5], X[..., 0])


def test_projection_by_hand():
    features = jax.random.normal(KEY, (3, 5))
    trunk = nn.Sequential([lambda x: (x[:, 0, 0, 0], features)])
    critic = modules.Projection(trunk, num_classes=3)
    label = jnp.array([2, 0, 1])
    variables = critic.init(KEY, X, label)
    embedding = variables["params"]["Dense_0"]["kernel"]
    expected = X[:, 0, 0, 0] + (embedding[label] * features).sum(axis=1)
    got = critic.apply(variables, X, label)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_mixture_noise_by_hand():
    noise = modules.MixtureNoise(components=2)
    params = {
        "means": jnp.array([[1.0, 2.0], [3.0, 4.0]]),
        "scales": jnp.array([[1.0, 1.0], [0.5, 2.0]]),
    }
    z = jnp.array([[0.1, 0.2, 1.0, 0.0], [0.1, 0.2, 0.0, 1.0]])
    got = noise.apply({"params": params}, z)
    np.testing.assert_allclose(got, [[1.1, 2.2], [3.05, 4.4]], rtol=1e-6)


def test_dropout_and_range_pass_through():
    generator = modules.Concatenate(modules.MLPGenerator((4,)), num_classes=3)
    assert generator.output_range == (0.0, 1.0)
    critic = modules.Concatenate(modules.MaxoutDiscriminator((8,), 2), num_classes=3)
    label = jnp.arange(3)
    variables = critic.init(KEY, X, label, train=False)
    draw = lambda seed, train: critic.apply(
        variables, X, label, train=train, rngs={"dropout": jax.random.key(seed)}
    )
    np.testing.assert_array_equal(draw(0, False), draw(1, False))
    assert (draw(0, True) != draw(1, True)).any()


def test_noisy_critic_is_noisy_in_training_only():
    critic = modules.MLPDiscriminator((8, 8), noise=(0.3, 0.5), outputs=3)
    x = X.reshape(3, -1)
    variables = critic.init(KEY, x, train=False)
    draw = lambda seed, train: critic.apply(
        variables, x, train=train, rngs={"noise": jax.random.key(seed)}
    )
    np.testing.assert_array_equal(draw(0, False), draw(1, False))
    assert (draw(0, True) != draw(1, True)).all()


def test_weight_normalised_critic_ignores_the_length_of_its_weights():
    critic = modules.MLPDiscriminator((8,), noise=0.0, weight_norm=True)
    x = X.reshape(3, -1)
    variables = critic.init(KEY, x, train=False)
    longer = jax.tree.map(lambda leaf: leaf * 3 if leaf.ndim == 2 else leaf, variables)
    np.testing.assert_allclose(
        critic.apply(longer, x, train=False),
        critic.apply(variables, x, train=False),
        rtol=1e-5,
    )


def test_integers_without_a_number_of_classes():
    with pytest.raises(ValueError, match="needs num_classes"):
        identity(modules.Concatenate)(X, jnp.arange(3))


def test_classes_out_of_range_are_refused_where_they_can_be_seen():
    module = modules.Concatenate(nn.Dense(1), num_classes=10)
    x = jnp.zeros((2, 3))
    for labels in ([1, 10], [-1, 0]):
        with pytest.raises(ValueError, match="classes 0 to 9, got"):
            module.init(jax.random.key(0), x, jnp.array(labels))
    labels = jnp.array([1, 10])  # closed over, not traced: still seen
    with pytest.raises(ValueError, match="classes 0 to 9, got 1 to 10"):
        jax.eval_shape(lambda key: module.init(key, x, labels), jax.random.key(0))


def test_channels_whatever_the_order_but_of_one_size():
    echo = modules.Concatenate(nn.Sequential([lambda x: x]), channels=True)
    z, image = jnp.ones((2, 3)), jnp.zeros((2, 4, 5, 1))
    out = echo.apply({}, z, image)
    assert out.shape == (2, 4, 5, 4)
    np.testing.assert_array_equal(out[:, 2, 2], jnp.array([[1.0, 1, 1, 0]] * 2))
    with pytest.raises(ValueError, match=r"maps of one size \(4, 5\).*got.*\(2, 2\)"):
        echo.apply({}, image, jnp.zeros((2, 2, 2, 1)))
