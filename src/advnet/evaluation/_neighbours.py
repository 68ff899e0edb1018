"""Euclidean neighbours, block by block."""

import jax
import jax.numpy as jnp
import numpy as np

BLOCK = 500


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of every pair, [n, d] and [m, d] -> [n, m]; centre the data first."""
    products = jnp.matmul(x, y.T, precision=jax.lax.Precision.HIGHEST)
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    return np.maximum(squares - 2 * np.asarray(products), 0)


def nearest_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every y the index of the nearest x, and the distance by differences, [m]."""
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    indices = np.concatenate(
        [
            squared_distances(y[at : at + BLOCK], x).argmin(axis=1)
            for at in range(0, len(y), BLOCK)
        ]
    )
    return indices, np.linalg.norm(y - x[indices], axis=1)
