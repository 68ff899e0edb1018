"""Conditional games: both players get the condition, and samples follow it."""

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


def make_game(**kwargs):
    return games.conditional(
        modules.Concatenate(nn.Dense(2), num_classes=3),
        modules.Concatenate(nn.Dense(1), num_classes=3),
        priors.normal(2),
        loss=losses.hinge(),
        **kwargs,
    )


def start(game, batch):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, batch)


def test_batches_without_a_condition_are_refused():
    with pytest.raises(TypeError, match="expects batches .x .m, ...., condition.*got"):
        start(make_game(), X)
    with pytest.raises(TypeError, match="got Split"):
        start(make_game(), advnet.data.Split(X))


def test_sampling_needs_one_condition_for_each_sample():
    game = make_game()
    state = start(game, (X, jnp.arange(8) % 3))
    with pytest.raises(ValueError, match="draws under a condition: pass"):
        advnet.sample(game, state, KEY, 4)
    with pytest.raises(ValueError, match="one condition for each of 4 samples"):
        advnet.sample(game, state, KEY, 4, condition=jnp.zeros(3, int))


def test_unconditional_games_refuse_a_condition():
    plain = games.gan(nn.Dense(2), nn.Dense(1), priors.normal(2), loss=losses.hinge())
    with pytest.raises(
        ValueError, match="takes no condition; .* train games.conditional"
    ):
        advnet.sample(plain, start(plain, X), KEY, 4, condition=jnp.zeros(4, int))


@pytest.mark.parametrize(
    "condition",
    [
        jnp.arange(8) % 3,  # a class
        jnp.ones((8, 2), jnp.int32),  # two labels
        jnp.ones((8, 3)),  # numbers, or many labels as a multi-hot vector
        jnp.ones((8, 4, 4, 1)),  # an image
        (jnp.arange(8) % 3, jnp.ones((8, 2))),  # a class and numbers
    ],
)
def test_conditions_of_every_kind(condition):
    game = make_game()
    state = start(game, (X, condition))
    samples = advnet.sample(game, state, KEY, 8, condition=condition)
    assert samples.shape == (8, 2)


def test_the_critic_need_not_receive_the_condition():
    """The critic receives x alone, so its kernel has two rows."""
    game = make_game(show_critic=False)
    state = start(game, (X, jnp.arange(8) % 3))
    params = state.players["discriminator"].variables.params
    assert params["network"]["kernel"].shape == (2, 1)


@pytest.mark.ci
def test_auxiliary_classifier_by_hand():
    """Logits (l0, l1) of classes: cross-entropy of both sides for D, of fakes for G."""
    generator = (lambda key, z, c: jnp.zeros(2), lambda p, z, c: z * 0 + p[None])
    critic = (
        lambda key, x: jnp.ones(()),
        lambda w, x: (w * x[:, 0], w * x),
    )
    labels = jnp.array([0, 1, 1, 1])
    x = jnp.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [3.0, 0.0]])
    game = games.conditional(
        generator,
        critic,
        priors.normal(2),
        loss=losses.hinge(),
        terms=terms.auxiliary_classifier(),
        show_critic=False,
    )
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(game, (x, labels)), (x, labels))
    real_cost = -jax.nn.log_softmax(x)[jnp.arange(4), labels].mean()
    np.testing.assert_allclose(
        metrics["discriminator/auxiliary_classifier"],
        real_cost + np.log(2),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        metrics["generator/auxiliary_classifier"], np.log(2), rtol=1e-6
    )


def test_auxiliary_classifier_needs_a_critic_with_a_head():
    with pytest.raises(TypeError, match="auxiliary_classifier expects .* modules.Head"):
        start(make_game(terms=terms.auxiliary_classifier()), (X, jnp.arange(8) % 3))


def test_integers_need_a_number_of_classes():
    game = games.conditional(
        modules.Concatenate(nn.Dense(2)),
        modules.Concatenate(nn.Dense(1)),
        priors.normal(2),
        loss=losses.hinge(),
    )
    with pytest.raises(ValueError, match="integers .8,. needs num_classes"):
        start(game, (X, jnp.arange(8) % 3))


@pytest.mark.ci
def test_samples_of_each_class_have_its_mean_and_spread():
    """Class c has mean c - 1 and standard deviation .1; 4 of 5 seeds must agree."""
    num_steps = 1_500
    mlp = lambda units: nn.Sequential(
        [nn.Dense(32), nn.tanh, nn.Dense(32), nn.tanh, nn.Dense(units)]
    )
    game = games.conditional(
        modules.Concatenate(mlp(1), num_classes=3),
        modules.Concatenate(mlp(1), num_classes=3),
        priors.normal(2),
        loss=losses.non_saturating(),
        terms=[terms.r1(0.1)],
    )
    condition = jnp.arange(3_000) % 3

    def draw(key):
        label_key, noise_key = jax.random.split(key)
        labels = jax.random.randint(label_key, (96,), 0, 3)
        noise = 0.1 * jax.random.normal(noise_key, (96, 1))
        return labels[:, None] - 1.0 + noise, labels

    def train(key):
        rate = optax.linear_schedule(3e-3, 0.0, num_steps)
        algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0))
        step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
        state = algorithm.init(key, draw(key))
        state, _ = jax.lax.scan(step, state, jax.random.split(key, num_steps))
        samples = advnet.sample(game, state, key, len(condition), condition=condition)
        return samples[:, 0]

    with jax.numpy_dtype_promotion("standard"):
        samples = jax.jit(jax.vmap(train))(jax.random.split(KEY, 5))
    by_class = np.asarray(samples).reshape(5, -1, 3)
    means, deviations = by_class.mean(axis=1), by_class.std(axis=1)
    correct = np.abs(means - [-1, 0, 1]).max(axis=1) < 0.1
    correct &= np.abs(deviations - 0.1).max(axis=1) < 0.05
    assert correct.sum() >= 4, (means, deviations)
