"""p(x | c): conditions reach both players, and are obeyed."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors, terms

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (8, 2))


def game(**kwargs):
    return games.conditional(
        modules.Concatenate(nn.Dense(2), num_classes=3),
        modules.Concatenate(nn.Dense(1), num_classes=3),
        priors.normal(2),
        loss=losses.hinge(),
        **kwargs,
    )


def start(game, batch):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, batch)


def test_batch_without_a_condition():
    with pytest.raises(TypeError, match="expects batches .x .m, ...., condition.*got"):
        start(game(), X)
    with pytest.raises(TypeError, match="gives; got Split"):
        start(game(), advnet.data.Split(X))


def test_sampling_needs_as_many_conditions_as_samples():
    made = game()
    state = start(made, (X, jnp.arange(8) % 3))
    with pytest.raises(ValueError, match="draws under a condition: pass"):
        advnet.sample(made, state, KEY, 4)
    with pytest.raises(ValueError, match="one condition for each of 4 samples"):
        advnet.sample(made, state, KEY, 4, condition=jnp.zeros(3, int))


def test_plain_gan_takes_no_condition():
    plain = games.gan(nn.Dense(2), nn.Dense(1), priors.normal(2), loss=losses.hinge())
    with pytest.raises(ValueError, match="takes no condition; train games.conditional"):
        advnet.sample(plain, start(plain, X), KEY, 4, condition=jnp.zeros(4, int))


@pytest.mark.parametrize(
    "condition",
    [
        jnp.arange(8) % 3,  # a class
        jnp.ones((8, 2), jnp.int32),  # two labels at once
        jnp.ones((8, 3)),  # numbers, or many labels as a multi-hot vector
        jnp.ones((8, 4, 4, 1)),  # an image
        (jnp.arange(8) % 3, jnp.ones((8, 2))),  # a class and numbers
    ],
)
def test_conditions_of_every_kind(condition):
    made = game()
    state = start(made, (X, condition))
    samples = advnet.sample(made, state, KEY, 8, condition=condition)
    assert samples.shape == (8, 2)


def test_without_showing_the_critic():
    """The critic is called with x alone, so its kernel has two rows."""
    made = game(show_critic=False)
    state = start(made, (X, jnp.arange(8) % 3))
    params = state.players["discriminator"].variables.params
    assert params["network"]["kernel"].shape == (2, 1)


def test_auxiliary_classifier_by_hand():
    """Logits (l0, l1) of classes: cross-entropy of both sides for D, of fakes for G."""
    generator = (lambda key, z, c: jnp.zeros(2), lambda p, z, c: z * 0 + p[None])
    critic = (
        lambda key, x: jnp.ones(()),
        lambda w, x: (w * x[:, 0], w * x),
    )
    labels = jnp.array([0, 1, 1, 1])
    x = jnp.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [3.0, 0.0]])
    made = games.conditional(
        generator,
        critic,
        priors.normal(2),
        loss=losses.hinge(),
        terms=terms.auxiliary_classifier(),
        show_critic=False,
    )
    algorithm = advnet.simultaneous(made, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(made, (x, labels)), (x, labels))
    of_real = -jax.nn.log_softmax(x)[jnp.arange(4), labels].mean()
    np.testing.assert_allclose(
        metrics["discriminator/auxiliary_classifier"], of_real + np.log(2), rtol=1e-6
    )
    np.testing.assert_allclose(
        metrics["generator/auxiliary_classifier"], np.log(2), rtol=1e-6
    )


def test_auxiliary_classifier_needs_a_head():
    with pytest.raises(TypeError, match="auxiliary_classifier expects .* modules.Head"):
        start(game(terms=terms.auxiliary_classifier()), (X, jnp.arange(8) % 3))


def test_integers_need_a_number_of_classes():
    made = games.conditional(
        modules.Concatenate(nn.Dense(2)),
        modules.Concatenate(nn.Dense(1)),
        priors.normal(2),
        loss=losses.hinge(),
    )
    with pytest.raises(ValueError, match="integers .8,. needs num_classes"):
        start(made, (X, jnp.arange(8) % 3))


@pytest.mark.ci
def test_each_class_goes_where_it_should():
    """Class c lies at c - 1, sd .1: means and spreads follow it, 4 of 5 seeds."""
    num_steps = 1_500
    relu = lambda units: nn.Sequential(
        [nn.Dense(32), nn.tanh, nn.Dense(32), nn.tanh, nn.Dense(units)]
    )
    made = games.conditional(
        modules.Concatenate(relu(1), num_classes=3),
        modules.Concatenate(relu(1), num_classes=3),
        priors.normal(2),
        loss=losses.non_saturating(),
        terms=[terms.r1(0.1)],
    )
    asked = jnp.arange(3_000) % 3

    def draw(key):
        label_key, noise_key = jax.random.split(key)
        labels = jax.random.randint(label_key, (96,), 0, 3)
        noise = 0.1 * jax.random.normal(noise_key, (96, 1))
        return labels[:, None] - 1.0 + noise, labels

    def train(key):
        rate = optax.linear_schedule(3e-3, 0.0, num_steps)
        algorithm = advnet.alternating(made, optax.adam(rate, b1=0.0))
        step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
        state = algorithm.init(key, draw(key))
        state, _ = jax.lax.scan(step, state, jax.random.split(key, num_steps))
        return advnet.sample(made, state, key, len(asked), condition=asked)[:, 0]

    with jax.numpy_dtype_promotion("standard"):
        samples = jax.jit(jax.vmap(train))(jax.random.split(KEY, 5))
    by_class = np.asarray(samples).reshape(5, -1, 3)
    near = np.abs(by_class.mean(axis=1) - [-1, 0, 1]).max(axis=1) < 0.1
    near &= np.abs(by_class.std(axis=1) - 0.1).max(axis=1) < 0.05
    assert near.sum() >= 4, (by_class.mean(axis=1), by_class.std(axis=1))
