r"""The likelihood of a decoder, by annealed importance sampling.

The model is the generator with Gaussian noise on what it makes,

.. math:: z \sim N(0, I), \quad x \mid z \sim N(\operatorname{decode}(z), \sigma^2 I),

the very one whose likelihood Parzen windows estimate, by plain Monte Carlo. Here
chains walk from the prior of z to its posterior given x, through temperatures

.. math:: p_t(z) \propto N(z; 0, I)\, N(x; \operatorname{decode}(z), \sigma^2 I)^{
          \beta_t}, \quad 0 = \beta_0 < \dots < \beta_T = 1,

and what they gather on the way estimates p(x) without bias, so that the logarithm is a
lower bound in expectation, tight where temperatures are many. In nats; sigma in the
unit of the data. A number is of one sigma only: choose it on validation examples, by
`parzen.select_bandwidth` or by this likelihood itself, and show it.

Another prior of the noise is a map from z, composed with the generator. For
`priors.uniform(100)`:

    def decode(z):
        noise = math.sqrt(3) * (2 * jax.scipy.stats.norm.cdf(z) - 1)
        return advnet.apply(game, state, "generator", noise)

    sigma = parzen.select_bandwidth(samples, valid).sigma
    print(ais.log_likelihood(decode, test[:100], sigma, latent=100, key=key))
    print(ais.bounds(decode, sigma, latent=100, key=key))  # how tight it is

References:
  Neal 2001; Wu et al. 2017, "On the Quantitative Analysis of Decoder-Based Generative
  Models"; Grosse et al. 2015 for the two-sided bounds.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation.ais import _anneal
from advnet.evaluation.ais._bounds import Annealed, Bounds, read

__all__ = ["Annealed", "Bounds", "bounds", "log_likelihood"]

BATCH_SIZE = 50


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
) -> Annealed:
    """A lower bound, in expectation, of log p(x) of every example.

    At each temperature a chain makes one Hamiltonian move. The step sizes were learned
    beforehand, for each example and temperature, by four chains that take no part in
    the estimate, so the bound holds; adapting them on the way would break it. The
    temperatures are spaced by how far apart the prior's z lie from x, and not by the
    fixed sigmoid of Wu et al., which at small sigma needs many times more of them.

    Args:
      decode: From z [c, latent], standard normal, to examples [c, ...] of x's shape,
        each from its own z: dropout off, batch statistics fixed. See above for other
        priors.
      x: Examples [m, ...].
      sigma: Standard deviation of the noise on a decoded z, in the unit of x.
      latent: Number of coordinates of z.
      key: Consumed.
      num_chains: For each example; the bound tightens slowly with them.
      num_steps: Temperatures; the bound tightens with them.
      leapfrog: Gradients of the decoder for each move.
      batch_size: Examples handled at once; memory is that of `batch_size * num_chains`
        decoded examples. Time is `m * num_chains * num_steps * leapfrog` gradients,
        and a quarter more at 16 chains for those that learn the step sizes.

    Returns:
      Estimates, and whether the chains did their work.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, the decoder's included,
        or a number is out of range.

    Warns:
      UserWarning: If single chains outweigh all others or most moves were refused: the
        truth may then be far above.

    Examples:
      >>> slope = jnp.array([[3.0, 4.0]])  # x = (3, 4) z + noise
      >>> got = log_likelihood(
      ...     lambda z: z @ slope, jnp.array([[3.0, 4.0]]), 1.0,
      ...     latent=1, key=jax.random.key(0),
      ... )
      >>> exact = -math.log(2 * math.pi) - math.log(26) / 2 - (25 - 25**2 / 26) / 2
      >>> abs(got.mean - exact) < 0.1
      True

    References:
      Wu et al. 2017, section 3 and algorithm 1.
    """
    x = _examples(x)
    settings = _settings(sigma, latent, num_chains, num_steps, leapfrog, batch_size)
    _same_shape(decode, x.shape[1:], latent)

    def one(key_and_x: tuple[jax.Array, jax.Array]) -> _anneal.Estimate:
        key, x = key_and_x
        return _anneal.upwards(key, decode, x, settings)

    keys = jax.random.split(key, len(x))
    estimate = _mapped(one, (keys, x), batch_size)
    found = read(estimate, num_chains=num_chains, num_steps=num_steps)
    if not found.trusted:
        warnings.warn(
            f"{found}: the truth may be far above. Take more num_steps; bounds(...) "
            "tells how far such chains fall short.",
            stacklevel=2,
        )
    return found


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
    """How tight the bound is, on examples drawn from the model itself.

    Of these the z is known, a draw from the posterior, at which chains can start and
    walk back to the prior for an upper bound. The gap bounds the error of either, in
    expectation; it is not proven for the data, whose posteriors may be harder.

    Args:
      decode: As for `log_likelihood`.
      sigma: Its sigma.
      latent: Its number of coordinates of z.
      key: Consumed.
      num_examples: How many to draw.
      num_chains: For each example and direction.
      num_steps: Temperatures.
      leapfrog: Gradients of the decoder for each move.
      batch_size: Examples handled at once.

    Returns:
      Estimates from below and above for the same examples, and the examples.

    Raises:
      ValueError: If the decoder gives values that are not finite, or a number is out
        of range.

    Examples:
      >>> slope = jnp.array([[3.0, 4.0]])
      >>> got = bounds(
      ...     lambda z: z @ slope, 1.0, latent=1, key=jax.random.key(0), num_steps=200
      ... )
      >>> abs(got.gap) < 0.1
      True

    References:
      Grosse et al. 2015, section 4; Wu et al. 2017, section 3.1.
    """
    _validation.check_at_least(1, num_examples=num_examples)
    settings = _settings(sigma, latent, num_chains, num_steps, leapfrog, batch_size)
    _same_shape(decode, None, latent)

    def one(key: jax.Array) -> tuple[_anneal.Estimate, _anneal.Estimate, jax.Array]:
        return _anneal.both_ways(key, decode, settings)

    keys = jax.random.split(key, num_examples)
    lower, upper, x = _mapped(one, keys, batch_size)
    return Bounds(
        read(lower, num_chains=num_chains, num_steps=num_steps),
        read(upper, num_chains=num_chains, num_steps=num_steps),
        np.asarray(x),
    )


def _mapped(one: Callable, arguments: Any, batch_size: int) -> Any:
    """`one` of every example, in blocks of one size, so that it is compiled once."""
    num = len(jax.tree.leaves(arguments)[0])
    num_blocks = math.ceil(num / batch_size)
    size = math.ceil(num / num_blocks)
    filled_up = jnp.arange(num_blocks * size) % num
    arguments = jax.tree.map(lambda leaf: leaf[filled_up], arguments)
    results = jax.lax.map(one, arguments, batch_size=size)
    return jax.tree.map(lambda leaf: leaf[:num], results)


def _examples(x: ArrayLike) -> jax.Array:
    shape = np.shape(x)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"Expected x of shape [m, ...] with m > 0, got {shape}. A single example "
            "needs a leading axis: x[None]."
        )
    x = jnp.asarray(x, jnp.float32)
    if not bool(jnp.isfinite(x).all()):
        raise ValueError("Expected finite x, got NaN or infinite values.")
    return x


def _settings(
    sigma: float,
    latent: int,
    num_chains: int,
    num_steps: int,
    leapfrog: int,
    batch_size: int,
) -> _anneal.Settings:
    if np.ndim(sigma) or not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"Expected sigma, one positive number, got {sigma}.")
    _validation.check_at_least(
        1, latent=latent, num_steps=num_steps, leapfrog=leapfrog, batch_size=batch_size
    )
    _validation.check_at_least(
        2, num_chains=num_chains
    )  # one tells nothing of the spread
    return _anneal.Settings(float(sigma), latent, num_chains, num_steps, leapfrog)


def _same_shape(
    decode: _anneal.Decode, shape: tuple[int, ...] | None, latent: int
) -> None:
    """Refuses a decoder of other examples than x [m, *shape]."""
    num = 2
    z = jax.ShapeDtypeStruct((num, latent), jnp.float32)
    got = getattr(jax.eval_shape(decode, z), "shape", None)
    if got is None or got[:1] != (num,) or (shape is not None and got[1:] != shape):
        expected = "..." if shape is None else ", ".join(map(str, shape))
        raise ValueError(
            f"Expected decode to map z [{num}, {latent}] to [{num}, {expected}], got "
            f"{got}. Reshape what it returns to the shape of x."
        )
