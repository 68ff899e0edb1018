"""Every conditional distribution of a Gaussian, learned by one pair of networks.

    python examples/all_conditionals.py

An inpainting game learns a correlated 3-D Gaussian. For each of the seven masks the
example draws 1,000 completions and prints the errors of their mean and of their
standard deviation. The reference is the exact conditional distribution.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games, modules, priors
from advnet.evaluation.imputation import conditional_gaussian

MEAN = np.array([1.0, -1.0, 0.5])
COVARIANCE = np.array([[1.0, 0.7, -0.3], [0.7, 1.0, 0.2], [-0.3, 0.2, 0.5]])
PRIOR, MASKS = priors.normal(3), priors.bernoulli_mask(3)


def draw(key: jax.Array) -> jax.Array:
    chol = jnp.float32(np.linalg.cholesky(COVARIANCE))
    return jnp.float32(MEAN)[None] + jax.random.normal(key, (512, 3)) @ chol.T


def train(key: jax.Array, num_steps: int):
    """Train RpGAN with R1 and R2, and with an average of the generator."""
    net = lambda units: modules.Concatenate(
        nn.Sequential([nn.Dense(128), nn.relu, nn.Dense(128), nn.relu, nn.Dense(units)])
    )
    loss = advnet.losses.relativistic()
    penalties = [advnet.terms.r1(0.05), advnet.terms.r2(0.05)]
    game = games.inpainting(net(3), net(1), PRIOR, MASKS, loss=loss, terms=penalties)
    rate = optax.cosine_decay_schedule(1e-3, num_steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
    algorithm = advnet.dynamics.averaged(algorithm, decay=0.999)
    init_key, data_key = jax.random.split(key)
    step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
    keys = jax.random.split(data_key, num_steps)
    state = algorithm.init(init_key, draw(keys[0]))
    return game, jax.jit(lambda state: jax.lax.scan(step, state, keys)[0])(state)


def compare(game, state, mask: np.ndarray, key: jax.Array) -> tuple[float, float]:
    """Return the RMS error of the means and the largest relative error of the sds."""
    data_key, key = jax.random.split(key)
    x = np.asarray(draw(data_key))[:64]
    masks = np.tile(mask, (len(x), 1))
    completed = games.impute(game, state, x, masks, key, draws=1_000, average=True)
    exact = [conditional_gaussian(row, mask, MEAN, COVARIANCE) for row in x]
    means = np.array([mean for mean, _ in exact])[:, ~mask]
    deviations = np.sqrt(np.diag(exact[0][1]))
    completed = np.asarray(completed)[..., ~mask]
    errors = completed.mean(axis=0) - means
    ratios = completed.std(axis=0).mean(axis=0) / deviations
    return float(np.sqrt((errors**2).mean())), float(np.abs(ratios - 1).max())


def main(steps: int = 6_000, seed: int = 0):
    """Train, print both errors for each mask and return them by mask."""
    train_key, test_key = jax.random.split(jax.random.key(seed))
    game, state = train(train_key, steps)
    result = {}
    for known in np.ndindex(2, 2, 2):
        if all(known):
            continue
        result[known] = compare(game, state, np.array(known, bool), test_key)
        mean, deviation = result[known]
        print(f"known {known}: means {mean:.3f}, sds {100 * deviation:.1f} %")
    return result


if __name__ == "__main__":
    tyro.cli(main)
