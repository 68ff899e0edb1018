import math
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation.parzen._window import BATCH_SIZE, log_sums, split_batches

# In nats, of one example's log-density; the mean over examples errs far less.
TOLERANCE = 0.01
_NUM_CHECKED = 16


def log_density(
    samples: ArrayLike,
    x: ArrayLike,
    sigma: ArrayLike,
    *,
    batch_size: int = BATCH_SIZE,
) -> jax.Array:
    """The window's log-density at every test example, in nats.

    Exact, and guarded: distances are float32 matrix products of centered data; where
    that could err by more than .01 nats the nearest ones are taken again by
    differences, and a few examples are always compared with float64. Should they
    differ, all is computed again in float64, with a warning. Inside `jit` no value can
    be looked at: the nearest are always taken again and nothing is compared.

    Tests are shared out where there are several devices, each taking a batch at a time;
    arrays that already lie on several devices stay where they are.

    Args:
      samples: Centers [n, ...].
      x: Test examples [m, ...], of the same example shape.
      sigma: Standard deviation of each Gaussian, a positive scalar, or several [s]
        that then share one pass over the samples.
      batch_size: Test examples handled at once: memory beyond the arrays is a few times
        `batch_size` x n floats.

    Returns:
      Log-densities [m], or [s, m] for several sigmas.

    Raises:
      ValueError: If shapes do not fit, an array is empty, a value is not finite, or a
        sigma or the batch size is not positive.

    Warns:
      UserWarning: If float32 was not enough, and by how much it erred.

    Examples:
      >>> log_density(np.zeros((1, 784)), np.zeros((2, 784)), 1.0)
      Array([-720.4478, -720.4478], dtype=float32)
    """
    sigmas = positive(sigma)
    densities = densities_of(samples, x, np.atleast_1d(sigmas), batch_size)
    densities = jnp.asarray(densities, jnp.float32)
    return densities[0] if sigmas.ndim == 0 else densities


def densities_of(
    samples: ArrayLike, x: ArrayLike, sigmas: np.ndarray, batch_size: int = BATCH_SIZE
) -> jax.Array | np.ndarray:
    """Log-densities [s, m]: float32, or float64 where that was not enough."""
    _validation.check_at_least(1, batch_size=batch_size)
    samples, x = flat("samples", samples), flat("x", x)
    same_size(samples, x)
    center = samples.mean(axis=0, keepdims=True)
    samples, x = samples - center, x - center
    traced = _validation.is_traced(samples) or _validation.is_traced(x)
    exact = traced or _rounding(samples, x, sigmas) > TOLERANCE
    scales = jnp.asarray(1 / (2 * sigmas**2), jnp.float32)
    centers, blocks = _spread(samples, x, batch_size)
    sums = log_sums(centers, blocks, scales, exact=exact)[:, : len(x)]
    densities = sums - normalizers(sigmas, *samples.shape)
    return densities if traced else _guarded(densities, samples, x, sigmas)


def _spread(
    samples: jax.Array, x: jax.Array, batch_size: int
) -> tuple[jax.Array, jax.Array]:
    """Every device gets all samples and its share of the tests, dealt into blocks."""
    devices = jax.local_devices()
    placed = _validation.is_traced(x) or len(samples.devices() | x.devices()) > 1
    if placed or len(devices) == 1:
        return samples, split_batches(x, batch_size)
    mesh = Mesh(np.array(devices), "tests")
    place = lambda array, *axes: jax.device_put(
        array, NamedSharding(mesh, PartitionSpec(*axes))
    )
    return place(samples), place(
        split_batches(x, batch_size, len(devices)), None, "tests"
    )


def normalizers(sigmas: np.ndarray, num: int, dim: int) -> jax.Array:
    """What log-sums exceed log-densities by, [s, 1]."""
    values = dim * np.log(sigmas * math.sqrt(2 * math.pi)) + math.log(num)
    return jnp.asarray(values, jnp.float32)[:, None]


def _rounding(samples: jax.Array, x: jax.Array, sigmas: np.ndarray) -> float:
    """About the most that a distance by matrix product errs, as nats of a density."""
    longest = sum(float(jnp.sum(side**2, axis=1).max()) for side in (samples, x))
    return longest * 2**-21 / (2 * float(sigmas.min()) ** 2)


def _guarded(
    densities: jax.Array, samples: jax.Array, x: jax.Array, sigmas: np.ndarray
) -> jax.Array | np.ndarray:
    """The densities, unless a few of them taken in float64 say otherwise."""
    some = np.linspace(0, len(x) - 1, min(len(x), _NUM_CHECKED)).astype(int)
    truth = _in_float64(samples, x[some], sigmas)
    errors = np.abs(np.asarray(densities[:, some]) - truth)
    if np.all(errors <= TOLERANCE):  # not so if NaN
        return densities
    warnings.warn(
        f"float32 erred by {errors.max():.2g} nats at one of {len(some)} examples "
        f"(sigma = {sigmas.min():.3g}); all are computed again in float64, slower.",
        stacklevel=4,
    )
    blocks = (x[at : at + BATCH_SIZE] for at in range(0, len(x), BATCH_SIZE))
    return np.concatenate([_in_float64(samples, some, sigmas) for some in blocks], 1)


def _in_float64(samples: ArrayLike, x: ArrayLike, sigmas: np.ndarray) -> np.ndarray:
    """Log-densities [s, m] on the host, in float64 throughout."""
    s, x = (np.asarray(side, np.float64) for side in (samples, x))
    distances = _squared_distances(s, x)
    nearest = distances.min(axis=1, keepdims=True)
    densities = [
        np.log(np.exp((nearest - distances) / (2 * sigma**2)).sum(axis=1))
        - nearest[:, 0] / (2 * sigma**2)
        - len(s[0]) * math.log(sigma * math.sqrt(2 * math.pi))
        - math.log(len(s))
        for sigma in sigmas
    ]
    return np.stack(densities)


def _squared_distances(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """[n, d] and [m, d] -> [m, n], float64."""
    return (s**2).sum(axis=1) + (x**2).sum(axis=1)[:, None] - 2 * x @ s.T


def effective_samples(samples: ArrayLike, x: ArrayLike, sigma: float) -> float:
    """How many centers account for a test example: the median over some of them.

    The inverse of the sum of squared shares; n if all count alike, 1 if one is all.
    """
    s, some = (np.asarray(flat("", side), np.float64) for side in (samples, x))
    some = some[:: -(-len(some) // 100)]
    densities = -_squared_distances(s, some) / (2 * sigma**2)
    shares = np.exp(densities - densities.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return float(np.median(1 / (shares**2).sum(axis=1)))


def flat(name: str, x: ArrayLike) -> jax.Array:
    """Examples as a matrix [n, d], float32, or an error."""
    shape = np.shape(x)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"Expected {name} of shape [n, ...] with n > 0, got {shape}. A single "
            "example needs a leading axis: x[None]."
        )
    matrix = jnp.asarray(x, jnp.float32).reshape(shape[0], -1)
    # Larger values would overflow when squared.
    if not _validation.is_traced(matrix) and not float(jnp.abs(matrix).max()) < 1e18:
        raise ValueError(f"Expected finite {name} below 1e18, got NaN or larger.")
    return matrix


def same_size(samples: jax.Array, x: jax.Array) -> None:
    """Refuses examples that are not of the samples' size."""
    if samples.shape[1] != x.shape[1]:
        raise ValueError(
            f"Expected samples and x of one size, got {samples.shape[1]} and "
            f"{x.shape[1]} values per example."
        )


def positive(sigma: ArrayLike) -> np.ndarray:
    """Standard deviations, [] or [s], or an error."""
    sigmas = np.asarray(sigma, np.float64)
    if sigmas.ndim > 1 or not (np.isfinite(sigmas) & (sigmas > 0)).all():
        raise ValueError(f"Expected positive sigma, a scalar or [s], got {sigma}.")
    return sigmas
