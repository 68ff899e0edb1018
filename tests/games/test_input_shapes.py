"""Inputs that a player was not initialized for, such as another kind of condition."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors

X = jnp.zeros((8, 2))


def conditional(num_classes=None, generator=None):
    network = lambda size: modules.Concatenate(nn.Dense(size), num_classes=num_classes)
    return games.conditional(
        network(2) if generator is None else generator,
        network(1),
        priors.normal(2),
        loss=losses.hinge(),
    )


def start(game, condition):
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    return algorithm.init(jax.random.key(0), (X, condition))


def sample(game, state, condition):
    key = jax.random.key(1)
    return advnet.sample(game, state, key, 5, condition=condition)


@pytest.mark.parametrize("labels", [np.arange(8.0, dtype=np.float32), np.ones(8, bool)])
def test_labels_that_are_not_integers_are_refused(labels):
    message = r"Expected integers \[m\] below num_classes=10.*astype\('int32'\)"
    with pytest.raises(ValueError, match=message):
        start(conditional(10), jnp.asarray(labels))


def test_classes_as_probabilities_fit_classes_as_integers():
    game = conditional(10)
    state = start(game, jnp.eye(10)[:8])
    assert sample(game, state, jnp.full(5, 7)).shape == (5, 2)


@pytest.mark.parametrize("shape", [(5, 4), (5,), (5, 2, 2)])
def test_a_condition_of_another_shape_is_one_line_with_the_player(shape):
    game = conditional()
    state = start(game, jnp.zeros((8, 3)))
    message = (
        r"Player 'generator' has the parameter network/kernel \[5, 2\], but inputs of "
        rf"float32 \[5, 2\], float32 \{list(shape)} need .*shapes and types of training"
    )
    with pytest.raises(ValueError, match=message.replace("]}", "]")) as caught:
        sample(game, state, jnp.zeros(shape))
    assert "\n" not in str(caught.value)


def test_the_error_of_a_network_that_takes_no_such_input_is_its_own():
    init = lambda key, z, c: {"w": jnp.zeros((z.shape[1] + c.shape[1], 2))}
    generate = lambda params, z, c: jnp.concatenate([z, c], axis=1) @ params["w"]
    game = conditional(generator=(init, generate))
    state = start(game, jnp.zeros((8, 3)))
    with pytest.raises(TypeError, match="Cannot concatenate arrays"):
        sample(game, state, jnp.zeros(5))


def test_the_error_of_a_network_at_its_start_names_the_player():
    critic = modules.PatchDiscriminator()
    game = games.gan(nn.Dense(2), critic, priors.normal(2), loss=losses.hinge())
    message = (
        r"Player 'discriminator', applied to float32 \[8, 2\]: Expected images .*got "
        r"\[8, 2\]. Use MaxoutDiscriminator for vectors"
    )
    with pytest.raises(ValueError, match=message):
        advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), X)
