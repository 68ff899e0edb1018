"""Bayesian inference with a simulator: a critic alone learns the posterior.

    python examples/ratio_estimation.py

A simulator draws x for parameters theta. The critic tells the parameters that made x
from parameters of the prior. Its logit is then log p(x | theta) / p(x), and the prior
times exp(logit) is the posterior, for every x, without a likelihood. This simulator is
linear and Gaussian, so the example can compare ratio, mean and width of the posterior
with their closed forms.
"""

import functools

import jax
import numpy as np
import optax
import scipy.stats
import tyro

import advnet
from advnet import modules
from advnet.types import Comparison

DESIGN = np.float32([[1.0, 0.5], [-0.5, 1.0], [0.3, 0.3]])  # x = DESIGN theta + noise
NOISE_SD = 0.5
PRIOR = advnet.priors.normal(2)
AXIS = np.linspace(-4, 4, 81, dtype=np.float32)
GRID = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)


@functools.partial(jax.jit, static_argnums=1)
def simulate(key: jax.Array, num: int) -> tuple[jax.Array, jax.Array]:
    """Draw parameters of the prior [num, 2] and what they produce [num, 3]."""
    theta_key, noise_key = jax.random.split(key)
    theta = PRIOR(theta_key, num)
    noise = NOISE_SD * jax.random.normal(noise_key, (num, 3))
    return theta, theta @ DESIGN.T + noise


def compare(play, batch, key: jax.Array) -> Comparison:
    theta, x = batch
    return Comparison(real=(theta,), fake=(PRIOR(key, len(x)),), given=(x,))


def train(seed: int, steps: int):
    """Return log p(x | theta) / p(x) as a function of theta [n, 2] and x [n, 3]."""
    critic = modules.MLPDiscriminator((128, 128), activation=jax.nn.silu, noise=0.0)
    game = advnet.games.adversarial(
        {"critic": modules.Concatenate(critic)},
        compare,
        loss=advnet.losses.non_saturating(),
        critic="critic",
    )
    rate = optax.cosine_decay_schedule(3e-3, steps)
    algorithm = advnet.alternating(game, optax.adam(rate))
    init_key, data_key = jax.random.split(jax.random.key(seed))
    batches = lambda step: simulate(jax.random.fold_in(data_key, step), 512)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps, steps_per_call=50)
    return jax.jit(lambda *inputs: advnet.apply(game, state, "critic", *inputs))


def evaluate(log_ratio, seed: int, num: int) -> list[float]:
    """Compare the ratio with its closed form, and the posteriors of `num` examples."""
    theta, x = map(np.asarray, simulate(jax.random.key(seed + 1_000), 10_000))
    noise = NOISE_SD**2 * np.eye(3)
    log_density = scipy.stats.multivariate_normal.logpdf
    truth = log_density(x - theta @ DESIGN.T, cov=noise)
    truth -= log_density(x, cov=DESIGN @ DESIGN.T + noise)
    estimate = np.asarray(log_ratio(theta, x))
    covariance = np.linalg.inv(np.eye(2) + DESIGN.T @ DESIGN / NOISE_SD**2)
    sd, errors = np.sqrt(np.diag(covariance)), []
    for example in x[:num]:
        logits = log_ratio(GRID, np.tile(example, (len(GRID), 1)))
        weights = np.asarray(jax.nn.softmax(logits - np.sum(GRID**2, axis=1) / 2))
        mean = weights @ GRID
        width = np.sqrt(weights @ (GRID - mean) ** 2)
        exact = covariance @ DESIGN.T @ example / NOISE_SD**2
        errors.append([(mean - exact) / sd, width / sd - 1, exact / sd])
    mean_error, width_error, spread = np.sqrt(np.mean(np.square(errors), axis=(0, 2)))
    ratio_error = np.sqrt(np.mean((estimate - truth) ** 2))
    return [estimate.mean(), truth.mean(), ratio_error, mean_error, width_error, spread]


def main(steps: int = 10_000, seeds: int = 3, tests: int = 200):
    """Print a row for each seed and return the table, [seeds, 6]."""
    print("information, its truth  error of: ratio   mean  width  (mean of the prior)")
    table = []
    for seed in range(seeds):
        table.append(evaluate(train(seed, steps), seed, tests))
        print("{:11.3f} {:10.3f} {:16.3f} {:6.3f} {:6.3f} {:20.3f}".format(*table[-1]))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
