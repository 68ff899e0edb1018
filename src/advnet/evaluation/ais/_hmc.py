"""Hamiltonian Monte Carlo between a standard normal prior and its posterior."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

JITTER = 0.2
"""Steps vary by this share: a fixed length may bring a chain back to its start."""


class Point(NamedTuple):
    """Where chains are.

    Attributes:
      z: Positions [c, latent].
      misfit: ||x - decode(z)||² / 2 sigma² [c].
      slope: The misfit's gradient at z [c, latent].
    """

    z: jax.Array
    misfit: jax.Array
    slope: jax.Array


Locate = Callable[[jax.Array], Point]
"""From positions to all there is to know of them, in one pass through a decoder."""


def locator(
    decode: Callable[[jax.Array], jax.Array], x: jax.Array, sigma: float
) -> Locate:
    """What `decode` makes of positions, against one example x [...]."""

    def misfit(z: jax.Array) -> jax.Array:
        # A GPU's default would round products to 10 bits: more than chains can bear.
        with jax.default_matmul_precision("highest"):
            errors = decode(z).astype(jnp.float32) - x[None]
        return jnp.sum(errors.reshape(len(z), -1) ** 2, axis=1) / (2 * sigma**2)

    def locate(z: jax.Array) -> Point:
        value, pull_back = jax.vjp(misfit, z)
        return Point(z, value, *pull_back(jnp.ones_like(value)))

    return locate


def leapfrog(
    point: Point,
    momentum: jax.Array,
    locate: Locate,
    temperature: jax.Array,
    step: jax.Array,
    num_steps: int,
) -> tuple[Point, jax.Array]:
    """Follows the dynamics of ||z||²/2 + temperature · misfit; reversible.

    The decoder is asked once a step, as positions know their slope.

    Args:
      point: Where chains start.
      momentum: Of each [c, latent].
      locate: See `locator`.
      temperature: Weight of the misfit, in [0, 1].
      step: Length of one step, of each chain [c, 1].
      num_steps: How many.
    """

    def kicked(point: Point, momentum: jax.Array) -> jax.Array:
        return momentum - step / 2 * (point.z + temperature * point.slope)

    def one(_, carry: tuple[Point, jax.Array]) -> tuple[Point, jax.Array]:
        point, momentum = carry
        momentum = kicked(point, momentum)
        point = locate(point.z + step * momentum)
        return point, kicked(point, momentum)

    return jax.lax.fori_loop(0, num_steps, one, (point, momentum))


def transition(
    key: jax.Array,
    point: Point,
    locate: Locate,
    temperature: jax.Array,
    step_size: jax.Array,
    num_steps: int,
) -> tuple[Point, jax.Array]:
    """Moves chains so that exp(-||z||²/2 - temperature · misfit) stays as it is.

    Returns:
      Where they are now, and the chance each move had [c].
    """
    momentum_key, uniform_key = jax.random.split(key)
    momentum = jax.random.normal(momentum_key, point.z.shape)
    length, choice = jax.random.uniform(uniform_key, (2, len(point.z)))
    step = step_size * (1 + JITTER * (2 * length[:, None] - 1))
    end, last = leapfrog(point, momentum, locate, temperature, step, num_steps)
    gain = _energy(point, momentum, temperature) - _energy(end, last, temperature)
    # Steps that run off to infinity are not taken.
    chance = jnp.nan_to_num(jnp.exp(jnp.minimum(gain, 0.0)), nan=0.0)
    select = jax.vmap(jnp.where)
    return jax.tree.map(partial(select, choice < chance), end, point), chance


def _energy(point: Point, momentum: jax.Array, temperature: jax.Array) -> jax.Array:
    squares = jnp.sum(point.z**2 + momentum**2, axis=1)
    return squares / 2 + temperature * point.misfit
