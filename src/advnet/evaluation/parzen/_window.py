"""The sum over all centers, block of tests by block: one product serves every sigma."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

BATCH_SIZE = 500
NUM_EXACT = 8


class _Window(NamedTuple):
    """What every block of tests meets."""

    centers: jax.Array  # [n, d]
    columns: jax.Array  # -2 centers over their squared norms: [d + 1, n]
    scales: jax.Array  # 1 / 2 sigma², [s]


def split_batches(x: jax.Array, batch_size: int, num_devices: int = 1) -> jax.Array:
    """[m, d] -> blocks [b, size, d], dealt out like cards and padded with zeros.

    `size` is a multiple of `num_devices`; tests split over them stay where they are.
    """
    num_blocks = -(-len(x) // (batch_size * num_devices))
    size = -(-len(x) // (num_blocks * num_devices)) * num_devices
    padded = jnp.pad(x, ((0, size * num_blocks - len(x)), (0, 0)))
    return padded.reshape(size, num_blocks, x.shape[1]).swapaxes(0, 1)


def log_sums(
    centers: jax.Array, blocks: jax.Array, scales: jax.Array, *, exact: bool = True
) -> jax.Array:
    """Logs of sum_j exp(-scale ||x - c_j||²), [s, m], for tests dealt into blocks.

    Center the data first: distances do not change under a shift, their rounding does.
    With `exact` the nearest few distances are taken again, by differences. The last of
    the m = b * size columns belong to the padding.
    """
    norms = jnp.sum(centers**2, axis=1)[None]
    # The norms ride along in the product: a pass over [size, n] less.
    columns = jnp.concatenate([-2 * centers.T, norms])
    window = _Window(centers, columns, scales)
    # Carried, not closed over: the scan is then compiled once, whatever the data.
    _, sums = jax.lax.scan(_exact_block if exact else _block, window, blocks)
    return jnp.moveaxis(sums, 0, -1).reshape(len(scales), -1)


def _block(window: _Window, tests: jax.Array) -> tuple[_Window, jax.Array]:
    """Log-sums [s, size] for tests [size, d]."""
    norms = jnp.sum(tests**2, axis=1)
    return window, _log_sums(_distances(window, tests), norms, window.scales)


def _exact_block(window: _Window, tests: jax.Array) -> tuple[_Window, jax.Array]:
    norms = jnp.sum(tests**2, axis=1)
    distances = _distances(window, tests)
    num = min(NUM_EXACT, distances.shape[1])
    _, nearest = jax.lax.top_k(-distances, num)
    differences = tests[:, None] - window.centers[nearest]
    taken_again = jnp.sum(differences**2, axis=-1) - norms[:, None]
    rows = jnp.arange(len(tests))[:, None]
    distances = distances.at[rows, nearest].set(taken_again)
    return window, _log_sums(distances, norms, window.scales)


def _distances(window: _Window, tests: jax.Array) -> jax.Array:
    """Squared distances less the tests' own squared norms, [size, n]."""
    ones = jnp.ones((len(tests), 1), tests.dtype)
    # HIGHEST: a GPU's default would round the products to 10 bits.
    return jnp.matmul(
        jnp.concatenate([tests, ones], axis=1),
        window.columns,
        precision=jax.lax.Precision.HIGHEST,
    )


def _log_sums(distances: jax.Array, norms: jax.Array, scales: jax.Array) -> jax.Array:
    # One minimum serves every sigma: the largest exponent is then 0.
    nearest = distances.min(axis=1, keepdims=True)
    gaps = nearest - distances
    shortest = jnp.maximum(nearest[:, 0] + norms, 0)
    # Unrolled: vmap or logsumexp would pass over [size, n] more often.
    return jnp.stack(
        [
            jnp.log(jnp.sum(jnp.exp(gaps * scale), axis=1)) - shortest * scale
            for scale in scales
        ]
    )
