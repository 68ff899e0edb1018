"""A small game whose networks and batch the tests of combined games share."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

import advnet
from advnet import games, losses, networks, priors
from advnet.types import Comparison

BATCH = jax.random.normal(jax.random.key(7), (16, 2))
PRIOR = priors.normal(3)
GENERATOR = nn.Dense(2)
CRITIC = nn.Sequential([nn.Dense(4), nn.tanh, nn.Dense(1)])
NUMBER = networks.plain(lambda key: jnp.ones(()), lambda value: value)


def compare(play, x, key):
    return Comparison((x,), (play("generator", PRIOR(key, len(x))),))


def gan(critic="discriminator", network=CRITIC, generator=GENERATOR, **options):
    return games.adversarial(
        {"generator": generator, critic: network},
        compare,
        loss=losses.non_saturating(),
        critic=critic,
        **options,
    )


def step(game, num=1):
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
    train_step = jax.jit(algorithm.train_step)
    for _ in range(num):
        state, metrics = train_step(state, BATCH)
    return state, metrics
