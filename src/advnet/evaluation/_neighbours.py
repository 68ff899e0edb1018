"""Euclidean neighbours, block by block."""

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
    """Examples [n, d] made ready for `pairs`; centre them first."""
    rows = jnp.asarray(x, jnp.float32)
    return Known(rows.T, jnp.sum(rows**2, axis=1)[None])


def pairs(known: Known, block: jax.Array) -> jax.Array:
    """Squared distances of a block [size, d] to all known, [size, n], from below 0."""
    # HIGHEST: a GPU's default would round the products to 10 bits.
    products = jnp.matmul(block, known.columns, precision=jax.lax.Precision.HIGHEST)
    return jnp.sum(block**2, axis=1, keepdims=True) + known.norms - 2 * products


def over_blocks(step, carry, x: np.ndarray, size: int = BLOCK):
    """`lax.scan` of `step(carry, block [size, ...])`; results lose the padding.

    Memory beyond the arrays is that of one block.
    """
    size = min(size, len(x))
    padding = [(0, -len(x) % size)] + [(0, 0)] * (x.ndim - 1)
    blocks = jnp.pad(jnp.asarray(x, jnp.float32), padding)
    carry, results = jax.lax.scan(step, carry, blocks.reshape(-1, size, *x.shape[1:]))
    joined = lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[: len(x)]
    return carry, jax.tree.map(joined, results)


def nearest(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For every y [m, d] the index of the nearest x [n, d]; centre them first."""
    return over_blocks(_nearest, known(x), y)[1]


def _nearest(known: Known, block: jax.Array) -> tuple[Known, jax.Array]:
    return known, jnp.argmin(pairs(known, block), axis=1)


def nearest_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every y the index of the nearest x, and the distance by differences, [m]."""
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    indices = nearest(x, y)
    return indices, np.linalg.norm(y - x[indices], axis=1)


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of every pair, [n, d] and [m, d] -> [n, m]; centre the data first."""
    products = jnp.matmul(x, y.T, precision=jax.lax.Precision.HIGHEST)
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    return np.maximum(squares - 2 * np.asarray(products), 0)
