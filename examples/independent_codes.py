"""Codes whose units cannot be guessed from each other: predictability minimization.

    python examples/independent_codes.py

Four fair coins, mixed by a random invertible matrix, are observed. An encoder and a
predictor play: the one guesses each unit of the code from the rest, the other makes it
fail. A code of four independent fair bits, one for each pattern of coins, is the best
there is. Prints, for each seed, how many of the 16 patterns have a code of their own,
the code's entropy, and the largest correlation of two units.
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


def play(key: jax.Array, num_steps: int) -> jax.Array:
    """One seed: the code of each of the 16 patterns, [16, 4] in (0, 1)."""
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
    """Distinct codes of 16, entropy in bits, largest correlation of two units."""
    bits = code > 0.5
    counts = np.unique(bits, axis=0, return_counts=True)[1] / 16
    centered = code - code.mean(axis=0)
    scale = np.maximum(np.linalg.norm(centered, axis=0), 1e-6)
    together = np.abs((centered / scale).T @ (centered / scale)) - np.eye(4)
    return len(counts), float(-np.sum(counts * np.log2(counts))), float(together.max())


def main(steps: int = 10_000, seeds: int = 5):
    """Prints the table and returns it, [seeds, 3]."""
    one = functools.partial(play, num_steps=steps)
    codes = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), seeds))
    table = np.array([describe(np.asarray(code)) for code in codes])
    print("seed  patterns told apart  entropy / bits  largest correlation")
    for seed, row in enumerate(table):
        print("{:4} {:20.0f} {:15.2f} {:20.3f}".format(seed, *row))
    return table


if __name__ == "__main__":
    tyro.cli(main)
