"""Better noise (section 7.5 of the paper): trained, optimized, or resampled.

    python examples/better_noise.py --figure noise.png

The data are a grid of nine Gaussians; steps and networks are the same in every row:
- normal: normal noise;
- learned mixture: a mixture of Gaussians whose means and scales are trained with the
  generator;
- optimized: noise after one gradient step on the critic's output;
- resampled: the networks of the first row; the critic selects each sample from ten.
Of 2,500 samples those within 3 sd of a mode are good.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games, priors, reporting
from advnet.evaluation import modes
from advnet.modules import MixtureNoise

LINE, SD, COMPONENTS = np.arange(-1.0, 2.0), 0.05, 9
MODES = np.stack(np.meshgrid(LINE, LINE), axis=-1).reshape(9, 2)


def draw(key: jax.Array, num: int = 256) -> jax.Array:
    mode_key, noise_key = jax.random.split(key)
    means = jax.random.choice(mode_key, jnp.float32(MODES), (num,))
    return means + SD * jax.random.normal(noise_key, (num, 2))


def small(*first: nn.Module) -> nn.Module:
    """Build a generator that is too small to split one Gaussian into nine."""
    return nn.Sequential([*first, nn.Dense(16), nn.tanh, nn.Dense(2)])


def critic() -> nn.Module:
    return nn.Sequential([nn.Dense(64), nn.tanh, nn.Dense(64), nn.tanh, nn.Dense(1)])


def build(name: str):
    """Build the game of a row; rows differ in the noise only."""
    common = {
        "loss": advnet.losses.non_saturating(),
        "terms": [advnet.terms.r1(0.01)],
    }
    if name == "learned mixture":
        prior = priors.concatenated(priors.normal(2), priors.categorical(COMPONENTS))
        return games.gan(small(MixtureNoise(COMPONENTS)), critic(), prior, **common)
    if name == "optimized":
        make = functools.partial(games.latent_optimized, step_size=0.005)
        return make(small(), critic(), priors.normal(2), **common)
    return games.gan(small(), critic(), priors.normal(2), **common)


def train(key: jax.Array, name: str, num_steps: int) -> jax.Array:
    """Train one seed and return 2,500 samples."""
    game = build(name)
    rate = optax.linear_schedule(2e-3, 0.0, num_steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.5))
    init_key, data_key, sample_key = jax.random.split(key, 3)
    step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
    keys = jax.random.split(data_key, num_steps)
    state = algorithm.init(init_key, draw(keys[0]))
    state, _ = jax.lax.scan(step, state, keys)
    candidates = 10 if name == "resampled" else 1
    return games.resample(game, state, sample_key, 2_500, candidates=candidates)


def score(samples: np.ndarray) -> tuple[float, float]:
    """Return the number of covered modes and the share of good samples, in %."""
    result = modes.of_mixture(samples, MODES, SD)
    return result.num_covered, 100 * result.quality.value


def main(steps: int = 5_000, seeds: int = 5, figure: str = ""):
    """Print the table and return it by name, [seeds, 2]."""
    names = "normal", "learned mixture", "optimized", "resampled"
    keys, table, pictures = jax.random.split(jax.random.key(0), seeds), {}, {}
    for name in names:
        train_seed = functools.partial(train, name=name, num_steps=steps)
        pictures[name] = samples = np.asarray(jax.jit(jax.vmap(train_seed))(keys))
        table[name] = np.array([score(x) for x in samples])
        covered, good = table[name].mean(axis=0)
        print(f"{name:16} {covered:4.1f} of 9 modes covered, {good:5.1f} % good")
    if figure:
        reporting.scatter(figure, {name: x[0] for name, x in pictures.items()})
    return table


if __name__ == "__main__":
    tyro.cli(main)
