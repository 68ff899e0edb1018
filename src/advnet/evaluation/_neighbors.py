"""Euclidean nearest neighbors, computed in blocks."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

BLOCK = 500


class Reference(NamedTuple):
    """Examples with which every block of queries is compared.

    A scan carries this tuple instead of closing over it, so that the scan is compiled
    once for all data of one shape.
    """

    columns: jax.Array  # the examples, transposed, [d, n]
    norms: jax.Array  # the squared norms of the examples, [1, n]


def reference_of(x: np.ndarray) -> Reference:
    """Build the reference of examples [n, d]; center the examples first."""
    rows = jnp.asarray(x, jnp.float32)
    return Reference(rows.T, jnp.sum(rows**2, axis=1)[None])


def squared_distances(reference: Reference, block: jax.Array) -> jax.Array:
    """Compute squared distances of queries [size, d] to the reference, [size, n]."""
    # The default precision of a GPU would round the products to 10 bits.
    exact = jax.lax.Precision.HIGHEST
    products = jnp.matmul(block, reference.columns, precision=exact)
    squares = jnp.sum(block**2, axis=1, keepdims=True) + reference.norms - 2 * products
    return jnp.maximum(squares, 0)


def scan_blocks(step, carry, x, size: int = BLOCK):
    """Run `lax.scan` of `step(carry, block)` over blocks of arrays [m, ...].

    The last block is filled with copies of the last example. Their results are dropped,
    but `step` sees them and the carry may depend on them. Memory beyond the arrays is
    that of one block.
    """
    num = len(jax.tree.leaves(x)[0])
    size = min(size, num)

    def split(leaf):
        padding = [(0, -num % size)] + [(0, 0)] * (leaf.ndim - 1)
        padded = jnp.pad(jnp.asarray(leaf, jnp.float32), padding, mode="edge")
        return padded.reshape(-1, size, *leaf.shape[1:])

    carry, results = jax.lax.scan(step, carry, jax.tree.map(split, x))
    join = lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[:num]
    return carry, jax.tree.map(join, results)


def nearest_indices(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the index of the nearest x [n, d] for each y [m, d]; center them first."""
    return scan_blocks(_nearest_step, reference_of(x), y)[1]


def _nearest_step(reference: Reference, block: jax.Array):
    return reference, jnp.argmin(squared_distances(reference, block), axis=1)


def nearest_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return indices of the nearest x and distances by differences, [m] each."""
    center = x.mean(axis=0)
    x, y = x - center, y - center
    indices = nearest_indices(x, y)
    return indices, np.linalg.norm(y - x[indices], axis=1)


def squared_radii(x: np.ndarray, k: int) -> np.ndarray:
    """Return squared distances from each example [n, d] to its k-th neighbor, [n]."""
    rows = np.arange(len(x), dtype=np.float32)
    distances = scan_blocks(_neighbors_step(k), reference_of(x), (x, rows))[1]
    return distances[:, -1]


@functools.cache  # one function for each k, so that scan compiles it once
def _neighbors_step(k: int):
    def step(reference: Reference, block: tuple[jax.Array, jax.Array]):
        examples, rows = block
        columns = jnp.arange(reference.norms.shape[1], dtype=rows.dtype)
        # The distance of an example to itself is not exactly 0 after rounding.
        is_self = columns[None] == rows[:, None]
        distances = squared_distances(reference, examples)
        distances = jnp.where(is_self, jnp.inf, distances)
        return reference, -jax.lax.top_k(-distances, k)[0]

    return step
