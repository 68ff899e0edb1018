"""Every conditional of a Gaussian in one pair of networks, beside the exact answers.

    python examples/all_conditionals.py

A game of inpainting learns a correlated 3-D Gaussian. For each of the seven masks it
prints how far the mean and the standard deviation of 1,000 fillings are from those of
the exact conditional.
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
    """RpGAN with R1 and R2, and an average of the generator."""
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
    """Rms error of the conditional means, relative error of the worst deviation."""
    data_key, key = jax.random.split(key)
    x = np.asarray(draw(data_key))[:64]
    masks = np.tile(mask, (len(x), 1))
    filled = games.impute(game, state, x, masks, key, draws=1_000, average=True)
    exact = [conditional_gaussian(row, mask, MEAN, COVARIANCE) for row in x]
    means = np.array([mean for mean, _ in exact])[:, ~mask]
    deviations = np.sqrt(np.diag(exact[0][1]))
    filled = np.asarray(filled)[..., ~mask]
    errors = filled.mean(axis=0) - means
    ratios = filled.std(axis=0).mean(axis=0) / deviations
    return float(np.sqrt((errors**2).mean())), float(np.abs(ratios - 1).max())


def main(steps: int = 6_000, seed: int = 0):
    """Trains, prints both errors for each mask and returns them."""
    train_key, test_key = jax.random.split(jax.random.key(seed))
    game, state = train(train_key, steps)
    result = {}
    for known in np.ndindex(2, 2, 2):
        if all(known):
            continue
        result[known] = compare(game, state, np.array(known, bool), test_key)
        mean, deviation = result[known]
        print(f"known {known}: means {mean:.3f}, deviations {100 * deviation:.1f} %")
    return result


if __name__ == "__main__":
    tyro.cli(main)
