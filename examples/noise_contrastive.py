"""Noise-contrastive estimation of an unnormalized density and of its normalizer.

    python examples/noise_contrastive.py

The model log p(x) = -x' P x / 2 - log Z is fitted to samples of a correlated 2-D
Gaussian, with log Z as one of the parameters. The game classifies data against noise of
a known density. The example prints the mean of 20 seeds, its standard error, and the
true value of each parameter.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet

COVARIANCE = np.array([[1.0, 0.6], [0.6, 0.8]])
NOISE_SD = 1.5


def model():
    """Build an unnormalized Gaussian as a pair of functions (init, apply)."""

    def init(key, x):
        return {"diagonal": jnp.ones(2), "corner": jnp.zeros(()), "log_z": jnp.ones(())}

    def log_density(params, x):
        squares = jnp.sum(params["diagonal"][None] * x**2, axis=1)
        square = squares + 2 * params["corner"] * x[:, 0] * x[:, 1]
        return -square / 2 - params["log_z"]

    return init, log_density


def noise_log_density(x: jax.Array) -> jax.Array:
    return jax.scipy.stats.norm.logpdf(x, scale=NOISE_SD).sum(axis=1)


def fit(key: jax.Array, num_data: int, num_steps: int):
    """Draw the data of one seed and return the fitted parameters."""
    data_key, init_key = jax.random.split(key)
    chol = jnp.float32(np.linalg.cholesky(COVARIANCE))
    x = jax.random.normal(data_key, (num_data, 2)) @ chol.T
    noise = lambda key, num: NOISE_SD * jax.random.normal(key, (num, 2))
    game = advnet.games.noise_contrastive(model(), noise, noise_log_density)
    rate = optax.cosine_decay_schedule(0.3, num_steps)
    algorithm = advnet.alternating(game, optax.sgd(rate))
    step = lambda state, _: (algorithm.train_step(state, x)[0], None)
    state, _ = jax.lax.scan(step, algorithm.init(init_key, x), length=num_steps)
    return state.players["model"].variables.params


def main(data: int = 2_000, steps: int = 1_500, seeds: int = 20):
    """Print the parameters and return, by name, (mean, standard error, truth)."""
    keys = jax.random.split(jax.random.key(0), seeds)
    estimates = jax.jit(jax.vmap(lambda key: fit(key, data, steps)))(keys)
    precision = np.linalg.inv(COVARIANCE)
    log_z = np.log(2 * np.pi) + np.log(np.linalg.det(COVARIANCE)) / 2
    truth = {
        "P[0, 0]": (estimates["diagonal"][:, 0], precision[0, 0]),
        "P[1, 1]": (estimates["diagonal"][:, 1], precision[1, 1]),
        "P[0, 1]": (estimates["corner"], precision[0, 1]),
        "log Z": (estimates["log_z"], log_z),
    }
    result = {}
    for name, (values, expected) in truth.items():
        mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(seeds)
        result[name] = float(mean), float(error), float(expected)
        print("{:8} {:7.3f} ± {:.3f}, truth {:7.3f}".format(name, *result[name]))
    return result


if __name__ == "__main__":
    tyro.cli(main)
