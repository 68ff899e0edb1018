"""Coverage of 2-D mixtures of Gaussians by ten GANs, trained as one program.

    python examples/mixtures.py ring
    python examples/mixtures.py grid --seeds 10 --steps 24000 --figure grid.png

The protocol is that of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018),
with new data at every step. Of 2,500 samples those within 3 sd of the nearest mode are
good, and a mode with a good sample is covered. Networks receive the data divided by the
distance between neighboring modes; results refer to the original scale.
"""

import functools
from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import reporting
from advnet.evaluation import modes

ANGLES, LINE = np.arange(8) * np.pi / 4, np.arange(-4.0, 5.0, 2.0)
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1)
GRID = np.stack(np.meshgrid(LINE, LINE), axis=-1).reshape(25, 2)
# Means, standard deviation of each Gaussian, distance between neighbors.
MIXTURES = {"ring": (RING, 0.01, 2 * np.sin(np.pi / 8)), "grid": (GRID, 0.05, 2.0)}


def mlp(activation, outputs: int) -> nn.Module:
    dense = functools.partial(nn.Dense, kernel_init=nn.initializers.he_normal())
    layers = [layer for _ in range(4) for layer in (dense(64), activation)]
    return nn.Sequential([*layers, nn.Dense(outputs)])


def train(key: jax.Array, mixture: str, num_steps: int) -> jax.Array:
    """Train one seed and return 2,500 samples; `vmap` trains several seeds."""
    centers, sd, spacing = MIXTURES[mixture]
    # R3GAN (Huang et al. 2024), with a penalty that decreases as the modes sharpen.
    rate = optax.linear_schedule(3e-3, 0.0, num_steps)
    gamma = optax.exponential_decay(0.05, 3 * num_steps // 4, 4e-3, end_value=2e-4)
    players = mlp(nn.relu, 2), mlp(lambda x: nn.leaky_relu(x, 0.2), 1)

    def draw(key):
        mode_key, noise_key = jax.random.split(key)
        means = jax.random.choice(mode_key, jnp.float32(centers), (128,))
        return (means + sd * jax.random.normal(noise_key, (128, 2))) / spacing

    def build(weight):
        penalties = advnet.terms.r1(weight), advnet.terms.r2(weight)
        prior, loss = advnet.priors.uniform(2), advnet.losses.relativistic()
        game = advnet.games.gan(*players, prior, loss=loss, terms=penalties)
        algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
        return game, advnet.averaged(algorithm, decay=0.999)

    def step(state, key):
        _, algorithm = build(gamma(state.step))  # a weight may be traced
        return algorithm.train_step(state, draw(key))[0], None

    init_key, data_key, sample_key = jax.random.split(key, 3)
    game, algorithm = build(gamma(0))
    keys = jax.random.split(data_key, num_steps)
    state = algorithm.init(init_key, draw(keys[0]))
    state, _ = jax.lax.scan(step, state, keys)
    return advnet.sample(game, state, sample_key, 2_500, average=True) * spacing


def score(samples: np.ndarray, mixture: str) -> tuple[float, ...]:
    """Return the modes with >= 1 and >= 20 good samples, % good and reverse KL."""
    means, sd, _ = MIXTURES[mixture]
    result = modes.of_mixture(samples, means, sd)
    good, reverse_kl = 100 * result.quality.value, result.reverse_kl.value
    return result.num_covered, np.sum(result.counts >= 20), good, reverse_kl


def main(
    mixture: tyro.conf.Positional[Literal["ring", "grid"]],
    seeds: int = 10,
    steps: int = 24_000,
    figure: str = "",
):
    """Train all seeds, print the table and return it, [seeds, 4]."""
    train_seed = functools.partial(train, mixture=mixture, num_steps=steps)
    samples = jax.jit(jax.vmap(train_seed))(jax.random.split(jax.random.key(0), seeds))
    table = np.array([score(x, mixture) for x in np.asarray(samples)])
    print("   seed   modes  modes>=20  good %  reverse KL")
    for name, row in zip([*range(seeds), "mean"], [*table, table.mean(0)], strict=True):
        print("{:>7} {:7.4g} {:10.4g} {:7.2f} {:11.4f}".format(name, *row))
    print(f"A perfect sampler has {100 * (1 - np.exp(-4.5)):.3f} % good samples.")
    if figure:
        reporting.scatter(figure, {f"seed {i}": x for i, x in enumerate(samples)})
    return table


if __name__ == "__main__":
    tyro.cli(main)
