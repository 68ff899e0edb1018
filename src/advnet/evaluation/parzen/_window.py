"""Sums over all centers, one block of examples at a time, for several sigmas."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

BATCH_SIZE = 500
"""Number of examples in a block by default."""

NUM_EXACT = 8
"""Number of nearest distances that are computed from differences."""


class _Window(NamedTuple):
    """Arrays that every block of examples is compared with.

    Attributes:
      centers: Centers [n, d].
      columns: -2 times the centers above their squared norms, [d + 1, n].
      scales: 1 / (2 sigma²), [s].
    """

    centers: jax.Array
    columns: jax.Array
    scales: jax.Array


def split_batches(x: jax.Array, batch_size: int, num_devices: int = 1) -> jax.Array:
    """Split examples [m, d] into zero-padded blocks [b, size, d].

    Example i goes to block i modulo b, so that examples that are split over devices
    stay on their device. `size` is a multiple of `num_devices`.
    """
    num_blocks = -(-len(x) // (batch_size * num_devices))
    size = -(-len(x) // (num_blocks * num_devices)) * num_devices
    padded = jnp.pad(x, ((0, size * num_blocks - len(x)), (0, 0)))
    return padded.reshape(size, num_blocks, x.shape[1]).swapaxes(0, 1)


def log_sums(
    centers: jax.Array, blocks: jax.Array, scales: jax.Array, *, exact: bool = True
) -> jax.Array:
    """Compute log sum_j exp(-scale ||x - c_j||²), [s, m], for blocks of examples.

    Center the data first: distances do not change, and their rounding decreases. With
    `exact` the nearest distances are computed from differences. The last of the
    m = b * size columns belong to the padding.
    """
    norms = jnp.sum(centers**2, axis=1)[None]
    # Norms inside the product save one pass over [size, n].
    columns = jnp.concatenate([-2 * centers.T, norms])
    window = _Window(centers, columns, scales)
    # The window is a carry, not a constant: the scan is compiled once for all data.
    _, sums = jax.lax.scan(_exact_block if exact else _block, window, blocks)
    return jnp.moveaxis(sums, 0, -1).reshape(len(scales), -1)


def _block(window: _Window, x: jax.Array) -> tuple[_Window, jax.Array]:
    """Compute log-sums [s, size] of examples [size, d]."""
    norms = jnp.sum(x**2, axis=1)
    return window, _log_sums(_distances(window, x), norms, window.scales)


def _exact_block(window: _Window, x: jax.Array) -> tuple[_Window, jax.Array]:
    """Compute the result of `_block` with exact distances to the nearest centers."""
    norms = jnp.sum(x**2, axis=1)
    distances = _distances(window, x)
    num = min(NUM_EXACT, distances.shape[1])
    _, nearest = jax.lax.top_k(-distances, num)
    differences = x[:, None] - window.centers[nearest]
    exact = jnp.sum(differences**2, axis=-1) - norms[:, None]
    rows = jnp.arange(len(x))[:, None]
    distances = distances.at[rows, nearest].set(exact)
    return window, _log_sums(distances, norms, window.scales)


def _distances(window: _Window, x: jax.Array) -> jax.Array:
    """Compute squared distances minus the squared norms of the examples, [size, n]."""
    ones = jnp.ones((len(x), 1), x.dtype)
    # HIGHEST: by default a GPU rounds the factors to 10 bits.
    return jnp.matmul(
        jnp.concatenate([x, ones], axis=1),
        window.columns,
        precision=jax.lax.Precision.HIGHEST,
    )


def _log_sums(distances: jax.Array, norms: jax.Array, scales: jax.Array) -> jax.Array:
    """Compute log-sums [s, size] from distances [size, n] and norms [size]."""
    # One minimum serves all sigmas, because the largest exponent becomes 0.
    nearest = distances.min(axis=1, keepdims=True)
    gaps = nearest - distances
    shortest = jnp.maximum(nearest[:, 0] + norms, 0)
    # A Python loop, because vmap or logsumexp needs more passes over [size, n].
    return jnp.stack(
        [
            jnp.log(jnp.sum(jnp.exp(gaps * scale), axis=1)) - shortest * scale
            for scale in scales
        ]
    )
