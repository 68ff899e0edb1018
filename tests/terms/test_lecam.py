"""LeCam regularization against NumPy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from small_games import BATCH, compare

import advnet
from advnet import games, losses, terms

GENERATOR = lambda key, z: jnp.ones((1, 2)), lambda shift, z: z[:, :2] + shift
CRITIC = lambda key, x: jnp.array([1.0, -2.0]), lambda slope, x: x @ slope
game = functools.partial(
    games.adversarial,
    {"generator": GENERATOR, "discriminator": CRITIC},
    compare,
    loss=losses.hinge(),
)
MEMORIES = {"lecam": games.running_mean(decay=0.9)}


def test_value_and_means_of_two_steps():
    algorithm = advnet.alternating(
        game(terms=[terms.lecam()], memories=MEMORIES), optax.sgd(0.0)
    )
    state = algorithm.init(jax.random.key(0), BATCH)
    for shift in (0.0, 3.0):
        means = jax.device_get(state.players["discriminator"].memories["lecam"])
        batch = BATCH + shift
        state, metrics = algorithm.train_step(state, batch)
        real = np.asarray(batch) @ [1, -2]
        new = jax.device_get(state.players["discriminator"].memories["lecam"])
        fake_mean = metrics["discriminator/fake_logit"]
        logits = {"real": real.mean(), "fake": fake_mean}
        for side, mean in logits.items():
            expected = 0.9 * means[side] + 0.1 * mean
            np.testing.assert_allclose(new[side], expected, rtol=1e-4, atol=1e-6)
    excess = np.maximum(real - means["fake"], 0) ** 2
    assert metrics["discriminator/lecam"] > excess.mean()  # the other side adds to it


def test_a_critic_near_the_means_is_not_penalized():
    """All logits equal their running means, from the first step on."""
    constant = lambda key, x: jnp.ones(()), lambda level, x: level + 0 * x[:, 0]
    still = games.adversarial(
        {"generator": GENERATOR, "discriminator": constant},
        compare,
        loss=losses.hinge(),
        terms=[terms.lecam()],
        memories=MEMORIES,
    )
    algorithm = advnet.alternating(still, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), BATCH)
    _, metrics = algorithm.train_step(state, BATCH)
    assert metrics["discriminator/lecam"] == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: game(terms=[terms.lecam()]), "No memory named 'lecam'"),
        (
            lambda: game(terms=[terms.every(terms.lecam(), 2)], memories=MEMORIES),
            "schedule as its weight",
        ),
        (
            lambda: games.accumulate_gradients(game(history=8), 2),
            "record outside of loops",
        ),
    ],
)
def test_a_memory_that_would_be_lost_is_refused(make, message):
    algorithm = advnet.alternating(make(), optax.sgd(0.1))
    first_step = lambda key: algorithm.train_step(algorithm.init(key, BATCH), BATCH)
    with pytest.raises(ValueError, match=message):
        jax.eval_shape(first_step, jax.random.key(0))
