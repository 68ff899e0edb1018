"""A density up to its normalizer, and the normalizer too: noise-contrastive estimation.

    python examples/noise_contrastive.py

Fits log p(x) = -x' P x / 2 - log Z to samples of a correlated 2-D Gaussian, with Z one
more parameter, by telling data from noise of a known density. Prints what 20 seeds
find, their standard error, and the truth.
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
    """An unnormalized Gaussian as a plain pair of functions (init, apply)."""

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
    """One seed: fresh data, then the parameters that tell them from noise."""
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
    """Prints the parameters and returns, by name, (mean, standard error, truth)."""
    keys = jax.random.split(jax.random.key(0), seeds)
    found = jax.jit(jax.vmap(lambda key: fit(key, data, steps)))(keys)
    precision = np.linalg.inv(COVARIANCE)
    log_z = np.log(2 * np.pi) + np.log(np.linalg.det(COVARIANCE)) / 2
    truth = {
        "P[0, 0]": (found["diagonal"][:, 0], precision[0, 0]),
        "P[1, 1]": (found["diagonal"][:, 1], precision[1, 1]),
        "P[0, 1]": (found["corner"], precision[0, 1]),
        "log Z": (found["log_z"], log_z),
    }
    result = {}
    for name, (values, expected) in truth.items():
        mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(seeds)
        result[name] = float(mean), float(error), float(expected)
        print("{:8} {:7.3f} ± {:.3f}, truth {:7.3f}".format(name, *result[name]))
    return result


if __name__ == "__main__":
    tyro.cli(main)
