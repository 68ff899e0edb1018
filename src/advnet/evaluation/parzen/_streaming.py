"""Log-density of a window with more samples than fit into memory."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation.parzen._density import (
    center_of,
    check_same_size,
    log_normalizers,
    require_matrix,
    require_sigmas,
)
from advnet.evaluation.parzen._window import BATCH_SIZE, log_sums, split_batches


def log_density_of_stream(
    draw: Callable[[jax.Array, int], jax.Array],
    x: ArrayLike,
    sigma: ArrayLike,
    *,
    num_samples: int,
    key: jax.Array,
    draw_size: int = 10_000,
    batch_size: int = BATCH_SIZE,
) -> jax.Array:
    """Compute the log-density of a window whose samples are drawn when needed.

    Samples are discarded after use, so their number can reach millions. The nearest
    distances of every draw are computed from differences. Unlike `log_density`, this
    function does not compare its results with float64.

    Args:
      draw: Function from a key and a number to samples [num, ...], which JAX can trace.
        For a trained game: `lambda key, num: advnet.sample(game, state, key, num)`.
      x: Examples to score [m, ...].
      sigma: Standard deviation of each Gaussian: a positive number, or several [s].
      num_samples: Total number of samples; above `draw_size` a multiple of it.
      key: Random key of the samples.
      draw_size: Number of samples in memory at a time.
      batch_size: Number of examples in one block of the computation.

    Returns:
      Log-densities [m], or [s, m] for several sigmas, in nats.

    Raises:
      ValueError: If shapes do not fit, `x` is not finite, a sigma is not positive, or
        `num_samples` is not a multiple of `draw_size`.

    Examples:
      >>> draw = lambda key, num: jax.random.normal(key, (num, 1))
      >>> key = jax.random.key(0)
      >>> density = log_density_of_stream(
      ...     draw, np.zeros((1, 1)), 0.1, num_samples=100_000, key=key
      ... )
      >>> print(f"{float(density[0]):.2f}")  # N(0, 1.01): -.924
      -0.92
    """
    _validation.check_at_least(1, num_samples=num_samples, draw_size=draw_size)
    size = min(draw_size, num_samples)
    if num_samples % size:
        raise ValueError(
            f"Expected num_samples to be a multiple of draw_size = {draw_size}, got "
            f"{num_samples}."
        )
    x, sigmas = require_matrix("x", x), require_sigmas(sigma)
    scales = jnp.asarray(1 / (2 * np.atleast_1d(sigmas) ** 2), jnp.float32)
    center = center_of(x)
    blocks = split_batches(jnp.asarray(x - center, jnp.float32), batch_size)

    def add(total: jax.Array, draw_key: jax.Array):
        samples = require_matrix("samples", draw(draw_key, size))
        check_same_size(samples, x)
        centers = jnp.asarray(samples - center, jnp.float32)
        return jnp.logaddexp(total, log_sums(centers, blocks, scales)), None

    zero = jnp.full((len(scales), blocks.shape[0] * blocks.shape[1]), -jnp.inf)
    keys = jax.random.split(key, num_samples // size)
    sums, _ = jax.lax.scan(add, zero, keys)
    normalizers = log_normalizers(np.atleast_1d(sigmas), num_samples, x.shape[1])
    densities = sums[:, : len(x)] - normalizers
    return densities[0] if sigmas.ndim == 0 else densities
