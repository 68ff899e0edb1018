"""Public functions of annealed importance sampling: checks and blocks of examples."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._examples import require_examples, require_floats
from advnet.evaluation.ais import _anneal
from advnet.evaluation.ais._results import Bounds, Estimate, build_estimate

BATCH_SIZE = 50
"""Number of examples in a block by default."""


def log_likelihood(
    decode: _anneal.Decode,
    x: ArrayLike,
    sigma: float,
    *,
    latent: int,
    key: jax.Array,
    num_chains: int = 16,
    num_steps: int = 1000,
    leapfrog: int = 10,
    batch_size: int = BATCH_SIZE,
) -> Estimate:
    """Estimate log p(x) of every example by a lower bound in expectation.

    A chain makes one Hamiltonian move at each temperature. Four separate chains find
    the step sizes of each example before the estimate. Step sizes adapted during the
    estimate would break the bound.

    The temperatures depend on how much the distance from decode(z) to x varies under
    the prior. At small sigma the fixed sigmoid schedule of Wu et al. needs many times
    more temperatures.

    Args:
      decode: Function from z [c, latent], standard normal, to examples [c, ...] of the
        shape of x. Row i of the result must depend on row i of z only: no dropout, and
        fixed batch statistics. The page of `evaluation.ais` shows other priors.
      x: Examples [m, ...].
      sigma: Standard deviation of the noise on decode(z), in the unit of x.
      latent: Number of coordinates of z.
      key: Random key.
      num_chains: Number of chains for each example, at least 2; more chains tighten the
        bound slowly.
      num_steps: Number of temperatures; more temperatures tighten the bound.
      leapfrog: Number of leapfrog steps in each move.
      batch_size: Number of examples in one block; the memory is that of
        `batch_size * num_chains` decoded examples. The time is that of
        `m * num_chains * num_steps * (leapfrog + 1)` gradients of the decoder, and a
        quarter more at 16 chains for the step sizes.

    Returns:
      Estimates of all examples, with diagnostics of the chains.

    Raises:
      ValueError: If shapes do not fit, x or the output of the decoder is not finite,
        float32 changes x by more than a hundredth of sigma, or a number is out of
        range.
      ImportError: If blackjax is not installed.

    Warns:
      UserWarning: If single chains outweigh all others or most moves were refused. The
        true log-likelihood may then be far above the estimate.

    Examples:
      >>> slope = jnp.array([[3.0, 4.0]])  # x = (3, 4) z + noise
      >>> estimate = log_likelihood(
      ...     lambda z: z @ slope, jnp.array([[3.0, 4.0]]), 1.0,
      ...     latent=1, key=jax.random.key(0),
      ... )
      >>> exact = -math.log(2 * math.pi) - math.log(26) / 2 - (25 - 25**2 / 26) / 2
      >>> abs(estimate.log_likelihood.value - exact) < 0.1
      True

    References:
      Wu et al. 2017, section 3 and algorithm 1.
    """
    settings = _settings(sigma, latent, num_chains, num_steps, leapfrog, batch_size)
    _check_rounding(x, sigma)
    x = jnp.asarray(require_examples(x, name="x"))
    _check_decoder(decode, x.shape[1:], latent)

    def estimate_example(key_and_x: tuple[jax.Array, jax.Array]) -> _anneal.Outcome:
        key, x = key_and_x
        return _anneal.lower_bound(key, decode, x, settings)

    keys = jax.random.split(key, len(x))
    outcome = _map_examples(estimate_example, (keys, x), batch_size)
    estimate = build_estimate(outcome, num_chains=num_chains, num_steps=num_steps)
    if not estimate.reliable:
        warnings.warn(
            f"{estimate}: the true log-likelihood may be far above. Use a larger "
            "num_steps; bounds(...) measures the error of such chains.",
            stacklevel=2,
        )
    return estimate


def bounds(
    decode: _anneal.Decode,
    sigma: float,
    *,
    latent: int,
    key: jax.Array,
    num_examples: int = 50,
    num_chains: int = 16,
    num_steps: int = 1000,
    leapfrog: int = 10,
    batch_size: int = BATCH_SIZE,
) -> Bounds:
    """Measure how tight the bound is, on examples drawn from the model.

    For these examples z is known, and it is a sample of the posterior. Chains that
    start at z and move back to the prior give an upper bound. In expectation, the gap
    between the two bounds is at least the error of each of them. The gap says nothing
    certain about real data, whose posteriors may be harder to reach.

    Args:
      decode: Function from z to examples, as for `log_likelihood`.
      sigma: Standard deviation of the noise on decode(z).
      latent: Number of coordinates of z.
      key: Random key.
      num_examples: Number of examples to draw.
      num_chains: Number of chains for each example and direction, at least 2.
      num_steps: Number of temperatures.
      leapfrog: Number of leapfrog steps in each move.
      batch_size: Number of examples in one block of the computation.

    Returns:
      Estimates from below and from above for the same examples, and the examples.

    Raises:
      ValueError: If the output of the decoder has the wrong shape or is not finite, or
        a number is out of range.
      ImportError: If blackjax is not installed.

    Examples:
      >>> slope = jnp.array([[3.0, 4.0]])
      >>> both_sides = bounds(
      ...     lambda z: z @ slope, 1.0, latent=1, key=jax.random.key(0), num_steps=200
      ... )
      >>> abs(both_sides.gap.value) < 0.1
      True

    References:
      Grosse et al. 2015, section 4; Wu et al. 2017, section 3.1.
    """
    _validation.check_at_least(1, num_examples=num_examples)
    settings = _settings(sigma, latent, num_chains, num_steps, leapfrog, batch_size)
    _check_decoder(decode, None, latent)

    def estimate_example(
        key: jax.Array,
    ) -> tuple[_anneal.Outcome, _anneal.Outcome, jax.Array]:
        return _anneal.both_bounds(key, decode, settings)

    keys = jax.random.split(key, num_examples)
    lower, upper, x = _map_examples(estimate_example, keys, batch_size)
    return Bounds(
        build_estimate(lower, num_chains=num_chains, num_steps=num_steps),
        build_estimate(upper, num_chains=num_chains, num_steps=num_steps),
        np.asarray(x),
    )


def _check_rounding(x: ArrayLike, sigma: float) -> None:
    """Raise ValueError if rounding to float32 changes x by more than sigma / 100."""
    x = require_floats(x, name="x")
    rounding = float(np.abs(x - x.astype(np.float32)).max())
    if rounding > sigma / 100:
        raise ValueError(
            f"Expected x that float32 holds to a hundredth of sigma = {sigma:g}, got "
            f"values that it changes by {rounding:.3g}. Subtract one constant from x "
            "and from the result of decode."
        )


def _map_examples(function: Callable, arguments: Any, batch_size: int) -> Any:
    """Apply `function` to every example, in blocks of one size to compile once."""
    num = len(jax.tree.leaves(arguments)[0])
    num_blocks = math.ceil(num / batch_size)
    size = math.ceil(num / num_blocks)
    rows = jnp.arange(num_blocks * size) % num  # the last block repeats examples
    arguments = jax.tree.map(lambda leaf: leaf[rows], arguments)
    results = jax.lax.map(function, arguments, batch_size=size)
    return jax.tree.map(lambda leaf: leaf[:num], results)


def _settings(
    sigma: float,
    latent: int,
    num_chains: int,
    num_steps: int,
    leapfrog: int,
    batch_size: int,
) -> _anneal.Settings:
    """Return the settings that all examples share, or raise if a number is invalid."""
    if np.ndim(sigma) or not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"Expected sigma, one positive number, got {sigma}.")
    _validation.check_at_least(
        1, latent=latent, num_steps=num_steps, leapfrog=leapfrog, batch_size=batch_size
    )
    # A single chain has no spread, from which effective chains are computed.
    _validation.check_at_least(2, num_chains=num_chains)
    return _anneal.Settings(float(sigma), latent, num_chains, num_steps, leapfrog)


def _check_decoder(
    decode: _anneal.Decode, shape: tuple[int, ...] | None, latent: int
) -> None:
    """Raise ValueError if `decode` does not return examples of the shape of x."""
    num = 2
    z = jax.ShapeDtypeStruct((num, latent), jnp.float32)
    actual = getattr(jax.eval_shape(decode, z), "shape", None)
    if (
        actual is None
        or actual[:1] != (num,)
        or (shape is not None and actual[1:] != shape)
    ):
        expected = "..." if shape is None else ", ".join(map(str, shape))
        raise ValueError(
            f"Expected decode to map z [{num}, {latent}] to [{num}, {expected}], got "
            f"{actual}. Reshape its result to the shape of x."
        )
