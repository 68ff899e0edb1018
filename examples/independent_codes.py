"""Codes with independent units, learned by predictability minimization.

    python examples/independent_codes.py

The data are four fair coins, mixed by a random orthogonal matrix. The predictor
predicts each unit of the code from the other units, and the encoder maximizes the error
of the predictor. The best code has four independent fair bits, and a different value
for each of the 16 patterns of coins. For each seed, the example prints the number of
distinct codes, their entropy, and the largest correlation of two units.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet.modules import Concatenate

COINS = np.indices((2, 2, 2, 2)).reshape(4, 16).T * 2.0 - 1.0


def train(key: jax.Array, num_steps: int) -> jax.Array:
    """Train one seed and return the code of each pattern, [16, 4] in (0, 1)."""
    mix_key, init_key = jax.random.split(key)
    mixing = jax.random.orthogonal(mix_key, 4)
    x = jnp.tile(jnp.float32(COINS) @ mixing, (16, 1))
    game = advnet.games.predictability_minimization(
        encoder=nn.Sequential([nn.Dense(32), nn.tanh, nn.Dense(4), nn.sigmoid]),
        predictor=Concatenate(nn.Sequential([nn.Dense(32), nn.tanh, nn.Dense(1)])),
    )
    rates = {"predictor": optax.adam(1e-2), "encoder": optax.adam(1e-3)}
    algorithm = advnet.alternating(game, rates)
    step = lambda state, _: (algorithm.train_step(state, x)[0], None)
    state, _ = jax.lax.scan(step, algorithm.init(init_key, x), length=num_steps)
    return advnet.encode(game, state, x[:16], jax.random.key(0))


def describe(code: np.ndarray) -> tuple[int, float, float]:
    """Return the number of distinct codes, the entropy in bits and the correlation."""
    bits = code > 0.5
    counts = np.unique(bits, axis=0, return_counts=True)[1] / 16
    centered = code - code.mean(axis=0)
    scale = np.maximum(np.linalg.norm(centered, axis=0), 1e-6)
    correlation = np.abs((centered / scale).T @ (centered / scale)) - np.eye(4)
    return (
        len(counts),
        float(-np.sum(counts * np.log2(counts))),
        float(correlation.max()),
    )


def main(steps: int = 10_000, seeds: int = 5):
    """Print the table and return it, [seeds, 3]."""
    train_seed = functools.partial(train, num_steps=steps)
    codes = jax.jit(jax.vmap(train_seed))(jax.random.split(jax.random.key(0), seeds))
    table = np.array([describe(np.asarray(code)) for code in codes])
    print("seed  distinct codes of 16  entropy / bits  largest correlation")
    for seed, row in enumerate(table):
        print("{:4} {:21.0f} {:15.2f} {:20.3f}".format(seed, *row))
    return table


if __name__ == "__main__":
    tyro.cli(main)
