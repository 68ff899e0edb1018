"""What Parzen windows miss: a generator's likelihood by them, and by annealing.

    python benchmarks/ais.py --steps 12500 --data-dir ~/mnist
    python benchmarks/ais.py --steps 1000        # 4,000 digits, no files needed

Trains the MNIST pair of `recipes.mnist` and puts two estimates of one number beside
each other: log p(x) of test images under the generator with Gaussian noise on its
output, sigma chosen for Parzen windows on validation images. Both are lower bounds in
expectation. The gap on images drawn from the model tells how tight the second is.
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


def trained_decoder(train: np.ndarray, steps: int) -> Callable:
    """From standard normal z to images; the generator's own noise is uniform."""
    recipe = recipes.mnist(train)
    batches = data.minibatches(train, recipe.batch_size, key=jax.random.key(0))
    state = recipe.algorithm.init(jax.random.key(1), batches(0))
    state = advnet.fit(recipe.algorithm, state, batches, num_steps=steps)

    def decode(z: jax.Array) -> jax.Array:
        noise = math.sqrt(3) * (2 * jax.scipy.stats.norm.cdf(z) - 1)
        return advnet.apply(recipe.game, state, "generator", noise, average=True)

    return decode


def drawn(decode: Callable, num: int, batch_size: int = 1000) -> np.ndarray:
    blocks = jax.random.normal(
        jax.random.key(2), (num // batch_size, batch_size, LATENT)
    )
    return np.asarray(jax.lax.map(decode, blocks)).reshape(num, -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="the official files; default: mnist_5k")
    parser.add_argument("--steps", type=int, default=12_500, help="of training")
    parser.add_argument("--samples", type=int, default=10_000, help="of the windows")
    parser.add_argument("--num", type=int, default=50, help="test images")
    parser.add_argument("--num-simulated", type=int, default=20)
    parser.add_argument("--chains", type=int, default=16)
    parser.add_argument("--temperatures", type=int, default=1000)
    options = parser.parse_args()
    print(" ".join(f"{name}={value}" for name, value in vars(options).items()))

    digits = data.mnist(options.data_dir) if options.data_dir else data.mnist_5k()
    timer = Timer()
    decode = trained_decoder(digits.train.x, options.steps)
    timer.done(f"trained on {len(digits.train.x):,} images")

    samples, valid = drawn(decode, options.samples), digits.valid.x[:1000]
    sigma = parzen.select_bandwidth(samples, valid.reshape(len(valid), -1)).sigma
    print(f"sigma {sigma:.3f}, by {len(valid):,} validation images")
    test = digits.test.x[: options.num]
    flat = test.reshape(len(test), -1)
    print(f"Parzen    {parzen.log_likelihood(samples, flat, sigma)}")
    timer.done("windows")

    settings = {"num_chains": options.chains, "num_steps": options.temperatures}
    found = ais.log_likelihood(
        decode, test, sigma, latent=LATENT, key=jax.random.key(3), **settings
    )
    print(f"annealed  {found}")
    more = found.log_likelihoods - np.asarray(parzen.log_density(samples, flat, sigma))
    error = more.std() / math.sqrt(len(more))
    print(f"annealed less Parzen, image by image: {more.mean():.1f} ± {error:.1f} nats")
    timer.done("annealing")

    simulated = ais.bounds(
        decode,
        sigma,
        latent=LATENT,
        key=jax.random.key(4),
        num_examples=options.num_simulated,
        **settings,
    )
    print(f"images drawn from the model: {simulated}")
    timer.done("bounds")


class Timer:
    def __init__(self) -> None:
        self.start = time.perf_counter()

    def done(self, what: str) -> None:
        now = time.perf_counter()
        print(f"  [{what}: {now - self.start:.0f} s]", flush=True)
        self.start = now


if __name__ == "__main__":
    main()
