"""Euclidean neighbors, block by block."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

BLOCK = 500


class Known(NamedTuple):
    """What every block of examples is compared with: carried, so compiled once."""

    columns: jax.Array  # the known examples, transposed: [d, n]
    norms: jax.Array  # their squared norms, [1, n]


def known(x: np.ndarray) -> Known:
    """Examples [n, d] made ready for `pairs`; center them first."""
    rows = jnp.asarray(x, jnp.float32)
    return Known(rows.T, jnp.sum(rows**2, axis=1)[None])


def pairs(known: Known, block: jax.Array) -> jax.Array:
    """Squared distances of a block [size, d] to all known, [size, n]."""
    # HIGHEST: a GPU's default would round the products to 10 bits.
    products = jnp.matmul(block, known.columns, precision=jax.lax.Precision.HIGHEST)
    squares = jnp.sum(block**2, axis=1, keepdims=True) + known.norms - 2 * products
    return jnp.maximum(squares, 0)


def over_blocks(step, carry, x, size: int = BLOCK):
    """`lax.scan` of `step(carry, block)` over an array [m, ...], or a tuple of them.

    The last block is filled with copies of the last example, whose results are dropped;
    the carry has seen them. Memory beyond the arrays is that of one block.
    """
    num = len(jax.tree.leaves(x)[0])
    size = min(size, num)

    def divided(leaf):
        padding = [(0, -num % size)] + [(0, 0)] * (leaf.ndim - 1)
        padded = jnp.pad(jnp.asarray(leaf, jnp.float32), padding, mode="edge")
        return padded.reshape(-1, size, *leaf.shape[1:])

    carry, results = jax.lax.scan(step, carry, jax.tree.map(divided, x))
    joined = lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[:num]
    return carry, jax.tree.map(joined, results)


def nearest(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For every y [m, d] the index of the nearest x [n, d]; center them first."""
    return over_blocks(_nearest, known(x), y)[1]


def _nearest(known: Known, block: jax.Array) -> tuple[Known, jax.Array]:
    return known, jnp.argmin(pairs(known, block), axis=1)


def nearest_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every y the index of the nearest x, and the distance by differences, [m]."""
    center = x.mean(axis=0)
    x, y = x - center, y - center
    indices = nearest(x, y)
    return indices, np.linalg.norm(y - x[indices], axis=1)


def radii(x: np.ndarray, k: int) -> np.ndarray:
    """Squared distance from each example [n, d] to its k-th nearest other, [n]."""
    numbers = np.arange(len(x), dtype=np.float32)
    # By itself an example would come first or, by rounding, not quite.
    found = over_blocks(_nearest_others(k), known(x), (x, numbers))[1]
    return found[:, -1]


@functools.cache  # one function for each k, so that scan compiles it once
def _nearest_others(k: int):
    def step(known: Known, block: tuple[jax.Array, jax.Array]):
        rows, own = block
        numbers = jnp.arange(known.norms.shape[1], dtype=own.dtype)
        others = jnp.where(numbers[None] == own[:, None], jnp.inf, pairs(known, rows))
        return known, -jax.lax.top_k(-others, k)[0]

    return step
