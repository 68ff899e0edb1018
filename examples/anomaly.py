"""Detection of digits of a class that was absent from training.

    python examples/anomaly.py

An adversarial autoencoder is trained on nine digits without labels; its critic makes
the distribution of the codes normal. The code of a new image is replaced by the nearest
code of the training set, and decoded. The score is the share of the image that does not
come back. The threshold is the 95 % quantile of the scores of normal images outside the
training set: 5 % of false alarms.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet.modules import MLPDiscriminator, MLPGenerator
from advnet.types import Comparison, Term, View

CODE, FALSE_ALARMS = 16, 0.05
PRIOR = advnet.priors.normal(CODE)


def compare(play, x: jax.Array, key: jax.Array) -> Comparison:
    return Comparison(real=(PRIOR(key, len(x)),), fake=(play("encoder", x),))


def squared_error(view: View) -> jax.Array:
    returned = view.play("decoder", view.play("encoder", view.batch))
    return jnp.sum((returned - view.batch) ** 2, axis=(1, 2, 3))


def build(shape: tuple[int, ...], weight: float) -> advnet.types.Game:
    """Build the game; the critic tells normal noise from codes of images."""
    he = nn.initializers.he_normal()
    return advnet.games.adversarial(
        {
            "encoder": MLPDiscriminator((256, 128), noise=0.0, outputs=CODE),
            "decoder": MLPGenerator(shape, (128, 256), kernel_init=he),
            "discriminator": MLPDiscriminator((128, 128), noise=0.0),
        },
        compare,
        loss=advnet.losses.non_saturating(),
        terms=[
            Term("squared_error", "encoder", squared_error, 0.05),
            Term("squared_error", "decoder", squared_error, 0.05),
            advnet.terms.r1(1.0),
        ],
        weight=weight,
        against=["encoder"],
    )


def train(x: np.ndarray, steps: int, seed: int, weight: float):
    """Return the score of images [n, 28, 28, 1], after training on `x`."""
    game = build(x.shape[1:], weight)
    rate = optax.cosine_decay_schedule(1e-3, steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.5))
    init_key, data_key = jax.random.split(jax.random.key(seed))
    batches = advnet.data.minibatches(x, 100, key=data_key)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)
    encode = jax.jit(lambda x: advnet.apply(game, state, "encoder", x))
    known = encode(x)

    def score(x: np.ndarray) -> np.ndarray:
        distances = (known**2).sum(axis=1)[None] - 2 * encode(x) @ known.T
        nearest = known[distances.argmin(axis=1)]
        error = advnet.apply(game, state, "decoder", nearest) - x
        return np.asarray((error**2).sum((1, 2, 3)) / (x**2).sum((1, 2, 3)))

    return score


def main(steps: int = 1_500, seeds: int = 3, digits: int = 10, weight: float = 1.0):
    """Print a row for each absent digit and return the table, [seeds, digits, 3]."""
    splits = advnet.data.mnist_5k()[:3]
    table = np.zeros((seeds, digits, 3))
    print("absent digit: area under the curve of each seed, false alarms, detected")
    for digit in range(digits):
        normal, valid, test = (split.x[split.y != digit] for split in splits)
        absent = np.concatenate([split.x[split.y == digit] for split in splits])
        for seed in range(seeds):
            score = train(normal, steps, seed, weight)
            threshold = np.quantile(score(valid), 1 - FALSE_ALARMS)
            low, high = score(test), score(absent)
            alarms = [np.mean(scores > threshold) for scores in (low, high)]
            table[seed, digit] = np.mean(high[:, None] > low[None]), *alarms
        areas, alarms = table[:, digit, 0].round(3), table[:, digit, 1:].mean(axis=0)
        print("{} {} {:.3f} {:.3f}".format(digit, areas, *alarms))
    areas, alarms = table[:, :, 0].mean(axis=1), table[:, :, 1:].mean(axis=(0, 1))
    print("mean", areas.round(3), *alarms.round(3))
    return table


if __name__ == "__main__":
    tyro.cli(main)
