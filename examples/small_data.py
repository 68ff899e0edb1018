"""A small data set, with and without augmentation of what the critic sees.

    python examples/small_data.py
    python examples/small_data.py --data-dir DIR --sizes 50000

With few examples a critic learns them by heart, and the samples get worse. Random
shifts of all images that the critic sees (DiffAugment) delay this. The same networks
train for the same time on 400, 1,000 and 4,000 digits. The example prints the distance
of samples from held-out digits, and how much higher the critic's logit is on the digits
of the training than on those that are held out.
"""

import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import augment, losses, modules, terms
from advnet.evaluation import distances

SHAPE, PRIOR = (14, 14, 1), advnet.priors.normal(32)


def halve(x: np.ndarray) -> np.ndarray:
    """Reduce digits [n, 28, 28, 1] to 14 x 14 pixels."""
    return x.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4))


def train(x: np.ndarray, shifts: bool, steps: int, seed: int):
    """Return samples, and the critic as a function of images."""
    critic = modules.MLPDiscriminator((256, 256), noise=0.0)
    if shifts:
        critic = augment.augmented(critic, augment.diff_augment("translation"))
    game = advnet.games.gan(
        modules.MLPGenerator(SHAPE, (256, 256)),
        critic,
        PRIOR,
        loss=losses.non_saturating(),
        terms=[terms.r1(0.01)],
    )
    algorithm = advnet.alternating(game, optax.adam(1e-3, b1=0.5, b2=0.99))
    algorithm = advnet.averaged(algorithm, decay=0.995)
    init_key, data_key, sample_key = jax.random.split(jax.random.key(seed), 3)
    batches = advnet.data.minibatches(x, 64, key=data_key)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps, steps_per_call=50)
    samples = advnet.sample(game, state, sample_key, 1_000, average=True)
    logits = lambda x: advnet.apply(game, state, "discriminator", x)
    return np.asarray(samples), logits


def main(
    data_dir: str | None = None,
    sizes: tuple[int, ...] = (400, 1_000, 4_000),
    steps: int = 9_000,
    seeds: int = 3,
):
    """Print and return distance and gap, [seeds, sizes, 2, 2]."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    held_out = halve(np.concatenate([data.valid.x, data.test.x])[:1_000])
    table = np.zeros((seeds, len(sizes), 2, 2))
    print("1,000 x kernel distance (gap): without shifts, with shifts")
    for seed, index in np.ndindex(seeds, len(sizes)):
        x = halve(data.train.x[: sizes[index]])
        for shifts in (0, 1):
            samples, logits = train(x, bool(shifts), steps, seed)
            distance = 1_000 * distances.kernel(held_out, samples).value
            gap = logits(x).mean() - logits(held_out).mean()
            table[seed, index, shifts] = distance, gap
        text = "{:8.2f} ({:.2f})".format
        print(seed, f"{len(x):6} digits", *(text(*cell) for cell in table[seed, index]))
    return table


if __name__ == "__main__":
    tyro.cli(main)
