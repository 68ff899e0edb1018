"""Annealed importance sampling of one example: schedule, step sizes and chains."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

from advnet.evaluation.ais._hmc import Chains, Misfit, evaluate, misfit_of, move

ACCEPTANCE = 0.65
"""Target share of accepted moves (Wu et al. 2017, section 3; Neal 2011)."""

NUM_PILOTS = 4
"""Number of chains that find the step sizes."""

GAIN = 0.2
"""Adaptation rate: a move changes log(step) by GAIN · (acceptance - ACCEPTANCE)."""

Decode = Callable[[jax.Array], jax.Array]
"""Function from z [c, latent] to examples [c, ...], row by row."""


class Settings(NamedTuple):
    """Settings that all examples share; see `ais.log_likelihood`."""

    sigma: float
    latent: int
    num_chains: int
    num_steps: int
    leapfrog: int


class Outcome(NamedTuple):
    """Estimate for one example, three scalars; see `ais.Estimate`."""

    log_likelihood: jax.Array
    effective_chains: jax.Array
    acceptance: jax.Array


class _Step(NamedTuple):
    """One step of the schedule; arrays [num_steps] hold the whole schedule.

    Attributes:
      temperature: Temperature of the step, in (0, 1].
      increment: Difference to the previous temperature.
      step_size: Size of a leapfrog step.
    """

    temperature: jax.Array
    increment: jax.Array
    step_size: jax.Array


class _Path(NamedTuple):
    """Path from the prior to the posterior of one example.

    Attributes:
      misfit: Misfit of the example.
      log_normalizer: Log normalization constant of the noise, d log(sigma sqrt(2 pi)).
      steps: Schedule [num_steps].
      leapfrog: Number of leapfrog steps in a move.
    """

    misfit: Misfit
    log_normalizer: float
    steps: _Step
    leapfrog: int


def lower_bound(
    key: jax.Array, decode: Decode, x: jax.Array, settings: Settings
) -> Outcome:
    """Estimate log p(x) from below, by chains from the prior to the posterior."""
    path_key, start_key, anneal_key = jax.random.split(key, 3)
    path = _path(path_key, decode, x, settings)
    z = jax.random.normal(start_key, (settings.num_chains, settings.latent))
    return _anneal(anneal_key, path, z)


def both_bounds(
    key: jax.Array, decode: Decode, settings: Settings
) -> tuple[Outcome, Outcome, jax.Array]:
    """Draw x from the model and estimate log p(x) from below and from above.

    From above, all chains start at the z of x, an exact sample of the posterior. The
    weight of each chain estimates 1/p(x) without bias, and so does their mean.

    Returns:
      The estimate from below, the estimate from above, and x.
    """
    z_key, noise_key, path_key, start_key, up_key, down_key = jax.random.split(key, 6)
    true_z = jax.random.normal(z_key, (1, settings.latent))
    clean = decode(true_z)[0].astype(jnp.float32)
    x = clean + settings.sigma * jax.random.normal(noise_key, clean.shape)
    path = _path(path_key, decode, x, settings)
    z = jax.random.normal(start_key, (settings.num_chains, settings.latent))
    lower = _anneal(up_key, path, z)
    true_z = jnp.repeat(true_z, settings.num_chains, axis=0)
    return lower, _anneal(down_key, path, true_z, reverse=True), x


def _path(key: jax.Array, decode: Decode, x: jax.Array, settings: Settings) -> _Path:
    """Build the path of an example, with step sizes from separate pilot chains."""
    start_key, move_key = jax.random.split(key)
    misfit = misfit_of(decode, x, settings.sigma)
    pilots = evaluate(
        misfit, jax.random.normal(start_key, (NUM_PILOTS, settings.latent))
    )
    temperatures = _temperatures(pilots.misfit, settings)

    def adapt(
        carry: tuple[Chains, jax.Array], step: tuple[jax.Array, jax.Array]
    ) -> tuple[tuple[Chains, jax.Array], jax.Array]:
        (chains, log_step), (temperature, key) = carry, step
        step_size = jnp.exp(log_step)
        chains, acceptance = move(
            key, chains, misfit, temperature, step_size, settings.leapfrog
        )
        log_step = log_step + GAIN * (acceptance.mean() - ACCEPTANCE)
        return (chains, log_step), jnp.exp(log_step)

    log_step = jnp.asarray(-math.log(settings.latent) / 4, jnp.float32)
    keys = jax.random.split(move_key, settings.num_steps)
    _, step_sizes = jax.lax.scan(adapt, (pilots, log_step), (temperatures[1:], keys))
    steps = _Step(temperatures[1:], jnp.diff(temperatures), step_sizes)
    log_normalizer = x.size * math.log(settings.sigma * math.sqrt(2 * math.pi))
    return _Path(misfit, log_normalizer, steps, settings.leapfrog)


def _temperatures(misfits: jax.Array, settings: Settings) -> jax.Array:
    """Compute temperatures from 0 to 1, [num_steps + 1], from misfits [c] of the prior.

    They are evenly spaced in log(temperature + first). For a linear decoder with the
    same slope in all directions all steps are then about equally hard, because the
    standard deviation of the misfit is proportional to 1/(temperature + first). At
    small sigma this schedule needs far fewer steps than one that ignores the model.
    """
    first = math.sqrt(settings.latent / 2) / jnp.std(misfits)
    first = jnp.minimum(first, 1.0)  # infinite if the decoder ignores z
    shares = jnp.linspace(0.0, 1.0, settings.num_steps + 1)
    return (first * jnp.expm1(shares * jnp.log1p(1 / first))).at[-1].set(1.0)


def _anneal(
    key: jax.Array, path: _Path, z: jax.Array, *, reverse: bool = False
) -> Outcome:
    """Move chains from z [c, latent] along the path and return their estimate.

    Each step adds to the log-weights and then moves the chains. In reverse, each step
    moves the chains first.
    """

    def step(carry, step_and_key: tuple[_Step, jax.Array]):
        (chains, total, correction), (step, key) = carry, step_and_key
        end, acceptance = move(
            key, chains, path.misfit, step.temperature, step.step_size, path.leapfrog
        )
        misfit = end.misfit if reverse else chains.misfit
        # Kahan summation, because thousands of small terms join a large total.
        term = -step.increment * misfit - correction
        new_total = total + term
        return (end, new_total, (new_total - total) - term), acceptance.mean()

    start = evaluate(path.misfit, z)
    zeros = jnp.zeros_like(start.misfit)
    keys = jax.random.split(key, len(path.steps.temperature))
    (_, log_weights, _), acceptance = jax.lax.scan(
        step,
        (start, zeros - path.log_normalizer, zeros),
        (path.steps, keys),
        reverse=reverse,
    )
    sign = -1.0 if reverse else 1.0  # in reverse, the weights estimate 1/p(x)
    log_weights = sign * log_weights
    log_likelihood = sign * (logsumexp(log_weights) - math.log(len(z)))
    # Softmax first, because large logarithms lose the difference between two chains.
    shares = jax.nn.softmax(log_weights)
    return Outcome(log_likelihood, 1 / jnp.sum(shares**2), acceptance.mean())
