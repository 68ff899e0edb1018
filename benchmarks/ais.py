"""Log-likelihood of a generator by Parzen windows and by annealed importance sampling.

    python benchmarks/ais.py --steps 12500 --data-dir ~/mnist
    python benchmarks/ais.py --steps 1000        # 4,000 digits, without files

The script trains the players of `recipes.mnist`. It then estimates log p(x) of test
images under the generator with Gaussian noise on its output, in both ways, with a sigma
that Parzen windows select on validation images. Both estimates are lower bounds in
expectation. The gap on images drawn from the model measures how tight AIS is.
"""

import argparse
import math
import time
from collections.abc import Callable

import jax
import numpy as np

import advnet
from advnet import data, parzen, recipes
from advnet.evaluation import ais

LATENT = 100


def train_decoder(train: np.ndarray, steps: int) -> Callable:
    """Train a generator and return it as a function of standard normal z."""
    recipe = recipes.mnist(train)
    batches = data.minibatches(train, recipe.batch_size, key=jax.random.key(0))
    state = recipe.algorithm.init(jax.random.key(1), batches(0))
    state = advnet.fit(recipe.algorithm, state, batches, num_steps=steps)

    def decode(z: jax.Array) -> jax.Array:
        # The noise of the generator is uniform.
        noise = math.sqrt(3) * (2 * jax.scipy.stats.norm.cdf(z) - 1)
        return advnet.apply(recipe.game, state, "generator", noise, average=True)

    return decode


def draw_samples(decode: Callable, num: int, batch_size: int = 1000) -> np.ndarray:
    blocks = jax.random.normal(
        jax.random.key(2), (num // batch_size, batch_size, LATENT)
    )
    return np.asarray(jax.lax.map(decode, blocks)).reshape(num, -1)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="the official files; default: mnist_5k")
    parser.add_argument("--steps", type=int, default=12_500, help="training steps")
    parser.add_argument("--samples", type=int, default=10_000, help="Parzen centers")
    parser.add_argument("--num", type=int, default=50, help="test images")
    parser.add_argument("--num-simulated", type=int, default=20)
    parser.add_argument("--chains", type=int, default=16)
    parser.add_argument("--temperatures", type=int, default=1000)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    print(" ".join(f"{name}={value}" for name, value in vars(options).items()))
    digits = data.mnist(options.data_dir) if options.data_dir else data.mnist_5k()
    timer = Timer()
    decode = train_decoder(digits.train.x, options.steps)
    timer.stop(f"training on {len(digits.train.x):,} images")

    samples, valid = draw_samples(decode, options.samples), digits.valid.x[:1000]
    sigma = parzen.select_bandwidth(samples, valid).sigma
    print(f"sigma {sigma:.3f}, selected on {len(valid):,} validation images")
    test = digits.test.x[: options.num]
    print(parzen.log_likelihood(samples, test, sigma))
    timer.stop("Parzen windows")

    settings = {"num_chains": options.chains, "num_steps": options.temperatures}
    key = jax.random.key(3)
    estimate = ais.log_likelihood(
        decode, test, sigma, latent=LATENT, key=key, **settings
    )
    print(f"AIS log-likelihood: {estimate}")
    densities = np.asarray(parzen.log_density(samples, test, sigma))
    differences = estimate.log_likelihoods - densities
    error = differences.std() / math.sqrt(len(differences))
    print(f"AIS - Parzen per image: {differences.mean():.1f} ± {error:.1f} nats")
    timer.stop("AIS")

    bounds = ais.bounds(
        decode,
        sigma,
        latent=LATENT,
        key=jax.random.key(4),
        num_examples=options.num_simulated,
        **settings,
    )
    print(f"images drawn from the model: {bounds}")
    timer.stop("AIS bounds")


class Timer:
    """Timer that prints the seconds since its last stop."""

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def stop(self, name: str) -> None:
        now = time.perf_counter()
        print(f"  [{name}: {now - self.start:.0f} s]", flush=True)
        self.start = now


if __name__ == "__main__":
    main()
