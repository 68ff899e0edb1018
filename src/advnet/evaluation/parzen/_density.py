"""Log-density of the window, on one device or several, checked against float64."""

import math
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike

from advnet._examples import MAX_MAGNITUDE, require_floats
from advnet._moments import compute_moments
from advnet._validation import check_at_least, is_traced
from advnet.evaluation._neighbors import align, squared_distances
from advnet.evaluation.parzen._window import BATCH_SIZE, log_sums, split_batches

TOLERANCE = 0.01
"""Maximum error of a log-density in nats; the error of a mean is far smaller."""

_NUM_VERIFIED = 16  # examples that are compared with float64

Matrix = jax.Array | np.ndarray
"""Examples [n, d]: float64 on the host, or float32 where they are traced or sharded."""


def log_density(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: ArrayLike,
    *,
    batch_size: int = BATCH_SIZE,
) -> jax.Array:
    """Compute the log-density of the window at every example, in nats.

    The data are centered in float64. Distances are float32 matrix products. If their
    rounding could exceed 0.01 nats, the nearest distances are computed again from
    differences. The log-densities of 16 examples are always compared with float64. If
    the comparison fails, the function warns and computes all log-densities in float64.

    Inside `jit` the values are unknown: the nearest distances are always computed from
    differences, and nothing is compared with float64.

    With several devices, each device evaluates a share of the examples. Arrays that
    already lie on several devices stay where they are.

    Args:
      samples: Centers of the window [n, ...].
      x: Examples to score [m, ...], of the same example shape.
      sigma: Standard deviation of each Gaussian: a positive number, or several [s],
        which then share one pass over the samples.
      batch_size: Number of examples in one block; beyond the arrays, the memory is a
        few times `batch_size` x n floats.

    Returns:
      Log-densities [m], or [s, m] for several sigmas.

    Raises:
      ValueError: If shapes do not fit, an array is empty, a value is not finite, or a
        sigma or the batch size is not positive.

    Warns:
      UserWarning: If float32 was not accurate enough; the warning states its error.

    Examples:
      >>> log_density(np.zeros((1, 784)), np.zeros((2, 784)), 1.0)
      Array([-720.4478, -720.4478], dtype=float32)
    """
    sigmas = require_sigmas(sigma)
    densities = log_densities(samples, x, np.atleast_1d(sigmas), batch_size)
    densities = jnp.asarray(densities, jnp.float32)
    return densities[0] if sigmas.ndim == 0 else densities


def log_densities(
    samples: ArrayLike, x: ArrayLike, sigmas: np.ndarray, batch_size: int = BATCH_SIZE
) -> jax.Array | np.ndarray:
    """Compute log-densities [s, m] in float32, or in float64 if that is needed."""
    check_at_least(1, batch_size=batch_size)
    samples, x = require_matrix("samples", samples), require_matrix("x", x)
    check_same_size(samples, x)
    center = center_of(samples)
    samples, x = samples - center, x - center
    traced = is_traced(samples) or is_traced(x)
    unit = 1.0 if traced else _unit_of(samples, x)
    narrow_samples, narrow_x = (
        jnp.asarray(side / unit, jnp.float32) for side in (samples, x)
    )
    exact = traced or _needs_differences(narrow_samples, narrow_x, sigmas / unit)
    with np.errstate(over="ignore"):  # of a tiny sigma, which _verify finds
        scales = jnp.asarray(1 / (2 * (sigmas / unit) ** 2), jnp.float32)
    centers, blocks = _place_on_devices(narrow_samples, narrow_x, batch_size)
    sums = log_sums(centers, blocks, scales, exact=exact)[:, : len(x)]
    densities = sums - log_normalizers(sigmas, *samples.shape)
    return densities if traced else _verify(densities, samples, x, sigmas)


def _unit_of(samples: Matrix, x: Matrix) -> float:
    """Return a power of two near the largest value, which keeps squares in range."""
    largest = max(float(abs(side).max()) for side in (samples, x))
    return float(2.0 ** np.frexp(largest)[1])


def _place_on_devices(
    samples: jax.Array, x: jax.Array, batch_size: int
) -> tuple[jax.Array, jax.Array]:
    """Copy the samples to every device and split the examples over the devices.

    Returns:
      The samples [n, d] and blocks of examples [b, size, d].
    """
    devices = jax.local_devices()
    placed = is_traced(x) or len(samples.devices() | x.devices()) > 1
    if placed or len(devices) == 1:
        return samples, split_batches(x, batch_size)
    mesh = Mesh(np.array(devices), "tests")
    place = lambda array, *axes: jax.device_put(
        array, NamedSharding(mesh, PartitionSpec(*axes))
    )
    blocks = split_batches(x, batch_size, len(devices))
    return place(samples), place(blocks, None, "tests")


def log_normalizers(sigmas: np.ndarray, num: int, dim: int) -> jax.Array:
    """Compute the log normalization constants [s, 1] for `num` centers."""
    values = dim * np.log(sigmas * math.sqrt(2 * math.pi)) + math.log(num)
    return jnp.asarray(values, jnp.float32)[:, None]


def _needs_differences(samples: jax.Array, x: jax.Array, sigmas: np.ndarray) -> bool:
    """Return whether distances from matrix products may have errors of 0.01 nats."""
    longest = sum(float(jnp.sum(side**2, axis=1).max()) for side in (samples, x))
    return longest * 2**-21 > 2 * TOLERANCE * float(sigmas.min()) ** 2


def _verify(
    densities: jax.Array, samples: Matrix, x: Matrix, sigmas: np.ndarray
) -> jax.Array | np.ndarray:
    """Return the log-densities, computed again if a few differ from float64."""
    rows = np.linspace(0, len(x) - 1, min(len(x), _NUM_VERIFIED)).astype(int)
    truth = _in_float64(samples, x[rows], sigmas)
    errors = np.abs(np.asarray(densities[:, rows]) - truth)
    if np.all(errors <= TOLERANCE):  # False if an error is NaN
        return densities
    warnings.warn(
        f"float32 has an error of {errors.max():.2g} nats at one of {len(rows)} "
        f"examples (sigma = {sigmas.min():.3g}); all are computed again in float64, "
        "which is slower.",
        stacklevel=4,
    )
    blocks = (x[i : i + BATCH_SIZE] for i in range(0, len(x), BATCH_SIZE))
    return np.concatenate([_in_float64(samples, block, sigmas) for block in blocks], 1)


def _in_float64(samples: ArrayLike, x: ArrayLike, sigmas: np.ndarray) -> np.ndarray:
    """Compute log-densities [s, m] on the host, in float64 throughout."""
    s, x = (np.asarray(side, np.float64) for side in (samples, x))
    s_points, x_points = align(s, x)
    distances = squared_distances(x_points, s_points)
    nearest = distances.min(axis=1, keepdims=True)
    scales = 1 / (2 * (sigmas / s_points.unit) ** 2)
    densities = [
        np.log(np.exp((nearest - distances) * scale).sum(axis=1))
        - nearest[:, 0] * scale
        - len(s[0]) * math.log(sigma * math.sqrt(2 * math.pi))
        - math.log(len(s))
        for sigma, scale in zip(sigmas, scales, strict=True)
    ]
    return np.stack(densities)


def effective_samples(samples: ArrayLike, x: ArrayLike, sigma: float) -> float:
    """Compute how many centers contribute to the density of a typical example.

    The number is 1 / sum_j w_j², where w_j is the share of center j in the density: n
    if all centers contribute equally, 1 if a single center contributes everything.

    Returns:
      Median over about 100 of the examples.
    """
    s, x = (
        np.asarray(require_matrix(name, side), np.float64)
        for name, side in (("samples", samples), ("x", x))
    )
    s_points, x_points = align(s, x[:: -(-len(x) // 100)])
    scale = 1 / (2 * (sigma / s_points.unit) ** 2)
    densities = -squared_distances(x_points, s_points) * scale
    shares = np.exp(densities - densities.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return float(np.median(1 / (shares**2).sum(axis=1)))


def require_matrix(name: str, x: ArrayLike) -> Matrix:
    """Return examples as a finite matrix [n, d], or raise.

    Arrays of one device are copied to the host. Traced arrays, and arrays that lie on
    several devices, stay where they are, as float32.
    """
    shape = np.shape(x)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"Expected {name} of shape [n, ...] with n > 0, got {shape}. A single "
            "example needs a leading axis: x[None]."
        )
    if not (isinstance(x, jax.Array) and (is_traced(x) or len(x.devices()) > 1)):
        return require_floats(x, name=name).reshape(shape[0], -1).astype(np.float64)
    matrix = jnp.asarray(x, jnp.float32).reshape(shape[0], -1)
    if is_traced(matrix):
        return matrix
    if not float(jnp.abs(matrix).max()) < MAX_MAGNITUDE:  # True if NaN
        raise ValueError(
            f"Expected finite {name} below {MAX_MAGNITUDE:g}, got NaN or a larger "
            "value. Remove or rescale such values."
        )
    return matrix


def center_of(x: Matrix) -> Matrix:
    """Return the mean [1, d] of a matrix, rounded to float32 values."""
    if isinstance(x, jax.Array):
        return x.mean(axis=0, keepdims=True)
    return compute_moments(x).mean[None].astype(np.float32)


def check_same_size(samples: Matrix, x: Matrix) -> None:
    """Raise ValueError if examples and samples [n, d] differ in d."""
    if samples.shape[1] != x.shape[1]:
        raise ValueError(
            f"Expected samples and x of one size, got {samples.shape[1]} and "
            f"{x.shape[1]} values per example."
        )


def require_sigmas(sigma: ArrayLike) -> np.ndarray:
    """Return standard deviations [] or [s] as float64, or raise."""
    sigmas = np.asarray(sigma, np.float64)
    if sigmas.ndim > 1 or not (np.isfinite(sigmas) & (sigmas > 0)).all():
        raise ValueError(f"Expected positive sigma, a scalar or [s], got {sigma}.")
    return sigmas
