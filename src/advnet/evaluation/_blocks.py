"""Compiled loops over blocks of examples."""

import jax
import jax.numpy as jnp
import numpy as np

BLOCK = 500


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
