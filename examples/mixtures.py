"""Does the generator find every mode? Ten GANs at once on 2-D mixtures of Gaussians.

    python examples/mixtures.py ring --seeds 10
    python examples/mixtures.py grid --seeds 10 --figure grid.png

The protocol of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018), but with
fresh data at every step: 2,500 samples; one within 3 sd of its nearest mode is of high
quality; a mode with a sample of high quality is found. Networks see the data divided
by a constant; everything is measured on the original scale.
"""

import argparse
import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

import advnet

ANGLES = np.arange(8) * np.pi / 4
LATTICE = np.meshgrid(np.arange(-4.0, 5.0, 2.0), np.arange(-4.0, 5.0, 2.0))
MODES = {"ring": np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)}  # radius 1
MODES["grid"] = np.stack(LATTICE, -1).reshape(25, 2)  # -4, -2, 0, 2, 4, squared
SD = {"ring": 0.01, "grid": 0.05}
NUM_STEPS = {"ring": 20_000, "grid": 20_000}
BATCH_SIZE, NUM_SAMPLES, PERFECT = 128, 2_500, 100 * (1 - np.exp(-4.5))


def mlp(activation: Callable, outputs: int) -> nn.Module:
    layers = []
    for _ in range(4):
        layers += [nn.Dense(64, kernel_init=nn.initializers.he_normal()), activation]
    return nn.Sequential([*layers, nn.Dense(outputs)])


def train(mixture: str, key: jax.Array, num_steps: int) -> jax.Array:
    """One seed, from scratch to its samples; pure, so `vmap` it over seeds."""
    modes = jnp.asarray(MODES[mixture], jnp.float32)
    scale = {"ring": 0.7654, "grid": 2.0}[mixture]
    rate = optax.linear_schedule(3e-3, 0.0, num_steps)
    gamma = optax.exponential_decay(0.05, num_steps * 3 // 4, 0.004, end_value=2e-4)

    def batch(key: jax.Array) -> jax.Array:
        mode_key, noise_key = jax.random.split(key)
        noise = SD[mixture] * jax.random.normal(noise_key, (BATCH_SIZE, 2))
        return (jax.random.choice(mode_key, modes, (BATCH_SIZE,)) + noise) / scale

    def play(step: jax.Array) -> tuple[advnet.types.Game, advnet.types.Algorithm]:
        # A weight may be traced: a game with another one costs nothing to build.
        weight = gamma(step)
        game = advnet.games.gan(
            generator=mlp(nn.relu, 2),
            discriminator=mlp(functools.partial(nn.leaky_relu, negative_slope=0.2), 1),
            prior=advnet.priors.uniform(2),
            loss=advnet.losses.relativistic(),
            terms=(advnet.terms.r1(weight), advnet.terms.r2(weight)),
        )
        algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
        return game, advnet.averaged(algorithm, decay=0.999)

    def step(state: advnet.types.State, key: jax.Array):
        _, algorithm = play(state.step)
        return algorithm.train_step(state, batch(key))[0], None

    init_key, data_key, sample_key = jax.random.split(key, 3)
    game, algorithm = play(jnp.zeros((), jnp.int32))
    state = algorithm.init(init_key, batch(init_key))
    state, _ = jax.lax.scan(step, state, jax.random.split(data_key, num_steps))
    return scale * advnet.sample(game, state, sample_key, NUM_SAMPLES, average=True)


class Score(NamedTuple):
    """Modes with >= 1 and >= 20 good samples, % good, KL(found || uniform) in nats."""

    modes: int
    modes_20: int
    high_quality: float
    reverse_kl: float


def score(mixture: str, samples: np.ndarray) -> Score:
    distances = np.linalg.norm(samples[:, None] - MODES[mixture], axis=-1)
    good = distances.min(axis=1) < 3 * SD[mixture]
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=distances.shape[1])
    share = counts[counts > 0] / max(counts.sum(), 1)
    kl = np.sum(share * np.log(share * len(counts)))
    return Score((counts > 0).sum(), (counts >= 20).sum(), 100 * good.mean(), kl)
