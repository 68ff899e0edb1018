"""Annealed importance sampling for one example: its chains, upwards and downwards."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

from advnet.evaluation.ais._hmc import Locate, Point, locator, transition

ACCEPTANCE = 0.65
"""The share of moves to accept: Wu et al. 2017, section 3; Neal 2011."""

PILOTS = 4
"""Chains that learn the step sizes."""

GAIN = 0.2
"""How fast they do: a factor e^(GAIN · surplus of acceptance) for each move."""

Decode = Callable[[jax.Array], jax.Array]
"""From z [c, latent] to examples [c, ...], each from its own z."""


class Settings(NamedTuple):
    """What all examples share; see `ais.log_likelihood`."""

    sigma: float
    latent: int
    num_chains: int
    num_steps: int
    leapfrog: int


class Estimate(NamedTuple):
    """Of one example: three scalars."""

    log_likelihood: jax.Array
    effective_chains: jax.Array
    acceptance: jax.Array


class _Rung(NamedTuple):
    """One temperature; the path from prior to posterior is all of them [num_steps]."""

    temperature: jax.Array
    increment: jax.Array  # over the temperature before
    step_size: jax.Array


class _Ladder(NamedTuple):
    """What the chains of one example climb."""

    locate: Locate
    constant: float  # d log(sigma sqrt(2 pi))
    rungs: _Rung
    leapfrog: int


def upwards(
    key: jax.Array, decode: Decode, x: jax.Array, settings: Settings
) -> Estimate:
    """From below: chains go from the prior to the posterior."""
    ladder_key, start_key, walk_key = jax.random.split(key, 3)
    ladder = _ladder(ladder_key, decode, x, settings)
    z = jax.random.normal(start_key, (settings.num_chains, settings.latent))
    return _walk(walk_key, ladder, z)


def both_ways(
    key: jax.Array, decode: Decode, settings: Settings
) -> tuple[Estimate, Estimate, jax.Array]:
    """From below and from above, for an x drawn from the model, which is third.

    From above all chains start at the one z that x was made of, an exact draw from the
    posterior: each estimates 1/p(x) without bias, and so does their mean.
    """
    true_key, noise_key, ladder_key, start_key, up_key, down_key = jax.random.split(
        key, 6
    )
    true = jax.random.normal(true_key, (1, settings.latent))
    clean = decode(true)[0].astype(jnp.float32)
    x = clean + settings.sigma * jax.random.normal(noise_key, clean.shape)
    ladder = _ladder(ladder_key, decode, x, settings)
    z = jax.random.normal(start_key, (settings.num_chains, settings.latent))
    trues = jnp.repeat(true, settings.num_chains, axis=0)
    lower = _walk(up_key, ladder, z)
    return lower, _walk(down_key, ladder, trues, down=True), x


def _ladder(
    key: jax.Array, decode: Decode, x: jax.Array, settings: Settings
) -> _Ladder:
    """Temperatures, and step sizes that chains of their own learned and left."""
    start_key, move_key = jax.random.split(key)
    locate = locator(decode, x, settings.sigma)
    start = locate(jax.random.normal(start_key, (PILOTS, settings.latent)))
    temperatures = _temperatures(start.misfit, settings)

    def one(carry: tuple[Point, jax.Array], now: tuple[jax.Array, jax.Array]):
        (point, log_step), (temperature, key) = carry, now
        step_size = jnp.exp(log_step)
        point, chances = transition(
            key, point, locate, temperature, step_size, settings.leapfrog
        )
        log_step = log_step + GAIN * (chances.mean() - ACCEPTANCE)
        return (point, log_step), jnp.exp(log_step)

    log_step = jnp.asarray(-math.log(settings.latent) / 4, jnp.float32)
    keys = jax.random.split(move_key, settings.num_steps)
    _, step_sizes = jax.lax.scan(one, (start, log_step), (temperatures[1:], keys))
    rungs = _Rung(temperatures[1:], jnp.diff(temperatures), step_sizes)
    constant = x.size * math.log(settings.sigma * math.sqrt(2 * math.pi))
    return _Ladder(locate, constant, rungs, settings.leapfrog)


def _temperatures(misfits: jax.Array, settings: Settings) -> jax.Array:
    """From 0 to 1, [num_steps + 1], evenly spaced in log(temperature + first).

    That is about optimal, each step as hard as the next, for a linear decoder as steep
    in all directions: there the misfit's spread falls as 1/(temperature + first), from
    what it is under the prior [c]. Where sigma is small it saves orders of magnitude
    over a schedule that does not look at the model.
    """
    first = math.sqrt(settings.latent / 2) / jnp.std(misfits)
    first = jnp.minimum(first, 1.0)  # a decoder may ignore z
    shares = jnp.linspace(0.0, 1.0, settings.num_steps + 1)
    return (first * jnp.expm1(shares * jnp.log1p(1 / first))).at[-1].set(1.0)


def _walk(
    key: jax.Array, ladder: _Ladder, z: jax.Array, *, down: bool = False
) -> Estimate:
    """Takes chains [c, latent] up, each weighed and then moved at every temperature.

    Down is the mirror image: moved, then weighed.
    """

    def one(carry, now: tuple[_Rung, jax.Array]):
        (point, total, lost), (rung, key) = carry, now
        moved, chances = transition(
            key, point, ladder.locate, rung.temperature, rung.step_size, ladder.leapfrog
        )
        misfit = moved.misfit if down else point.misfit
        # Kahan's sum: thousands of small terms, and a total that may be large.
        term = -rung.increment * misfit - lost
        grown = total + term
        return (moved, grown, (grown - total) - term), chances.mean()

    start = ladder.locate(z)
    nothing = jnp.zeros_like(start.misfit)
    keys = jax.random.split(key, len(ladder.rungs.temperature))
    (_, log_weights, _), acceptance = jax.lax.scan(
        one,
        (start, nothing - ladder.constant, nothing),
        (ladder.rungs, keys),
        reverse=down,
    )
    sign = -1.0 if down else 1.0  # down, the weights are those of 1/p(x)
    log_weights = sign * log_weights
    log_likelihood = sign * (logsumexp(log_weights) - math.log(len(z)))
    # Shares first: the logarithms may be too large to tell one chain from two.
    shares = jax.nn.softmax(log_weights)
    return Estimate(log_likelihood, 1 / jnp.sum(shares**2), acceptance.mean())
