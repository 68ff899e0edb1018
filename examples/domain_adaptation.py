"""A classifier for data without labels, from labels in a different domain.

    python examples/domain_adaptation.py

The target has no labels: moons rotated by 45 degrees, or black digits on colored ground
where the source has white on black. Aligning features of the classifier (DANN) may
exchange the classes. An adapter from target to source cannot, if it is simple enough: a
linear map of the plane, or one map of colors for all pixels.
"""

import flax.linen as nn
import jax
import numpy as np
import optax
import tyro
from scipy.optimize import linear_sum_assignment

import advnet
from advnet import losses, modules, terms
from advnet.types import Comparison

CLASSIFIER = modules.MLPDiscriminator((128, 64), noise=0.0, outputs=10, features=True)
CRITIC = modules.MLPDiscriminator((256, 128), noise=0.0)
LINEAR = nn.Dense(2, kernel_init=lambda *_: jax.numpy.eye(2))
COLORS = nn.Sequential([nn.Dense(16), nn.relu, nn.Dense(3), nn.sigmoid])
COST = lambda output, y: terms.cross_entropy(output[0], y)


def moons(rng: np.random.Generator, degrees: float, num: int = 2_000):
    """Draw points of two half circles [num, 2], rotated, and their classes [num]."""
    y, noise = np.arange(num) % 2, rng.normal(size=(num, 2))
    z = np.exp(1j * np.pi * rng.uniform(size=num)) - 0.5 - 0.25j
    z *= (1 - 2 * y) * np.exp(1j * np.deg2rad(degrees))
    return np.float32(np.stack([z.real, z.imag], axis=1) + 0.1 * noise), y


def digits(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, invert: bool):
    """Shuffle digits, and reduce them to 14 x 14 pixels of three colors."""
    order, ground = rng.permutation(len(x)), rng.uniform(0.5, 1, (len(x), 1, 1, 3))
    x = x[order].reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4))
    return np.float32(ground * (1 - x) if invert else x + 0 * ground), y[order]


def align(adapter: nn.Module | None) -> advnet.types.Game:
    """Build a game of batches ((x, y), target x), with an adapter or on features."""

    def compare(play, batch, key: jax.Array) -> Comparison:
        (source, _), target = batch
        if adapter:
            return Comparison(real=(source,), fake=(play("adapter", target),))
        features = lambda x: play("classifier", x)[1]
        return Comparison(real=(features(source),), fake=(features(target),))

    inputs, labels = lambda batch: batch[0][:1], lambda batch: batch[0][1]
    label_loss = terms.supervised(inputs, labels, player="classifier", cost=COST)
    players = {"discriminator": CRITIC, "classifier": CLASSIFIER}
    return advnet.games.adversarial(
        players | ({"adapter": adapter} if adapter else {}),
        compare,
        loss=losses.zero_sum(losses.non_saturating()),  # gradient reversal
        terms=[label_loss, terms.r1(0.1)],
        against=["adapter" if adapter else "classifier"],
    )


def train(game: advnet.types.Game, data, x, y, steps: int, seed: int) -> list[float]:
    """Train, and return test accuracies: as predicted, and with classes renamed."""
    rate = optax.cosine_decay_schedule(2e-3, steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.5, b2=0.99))
    keys = jax.random.split(jax.random.key(seed))
    batches = advnet.data.minibatches(data, 100, key=keys[0])
    state = algorithm.init(keys[1], batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps, steps_per_call=20)
    x = advnet.apply(game, state, "adapter", x) if "adapter" in game.players else x
    predicted = advnet.apply(game, state, "classifier", x)[0].argmax(axis=1)
    counts = np.zeros((10, 10))
    np.add.at(counts, (y, np.asarray(predicted)), 100 / len(y))
    return [np.trace(counts), counts[linear_sum_assignment(-counts)].sum()]


def main(steps: int = 3_000, seeds: int = 3):
    """Print and return target accuracies in percent, [2 * seeds, 4, 2]."""
    rng = np.random.default_rng(0)
    (x, y), _, test, *_ = advnet.data.mnist_5k()
    splits = (x[:2_000], y[:2_000], False), (x[2_000:], y[2_000:], True), (*test, True)
    jobs = [("moons", LINEAR, [moons(rng, degrees) for degrees in (0, 45, 45)])]
    jobs += [("digits", COLORS, [digits(rng, *split) for split in splits])]
    print("Target, %, (classes renamed): before, features, adapter, target's labels")
    plain, table = advnet.games.classification(CLASSIFIER, cost=COST), []
    for name, adapter, (source, target, test) in jobs * seeds:
        pair, seed = (source, target[0]), len(table) // 2
        games = plain, align(None), align(adapter), plain
        rows = zip(games, (source, pair, pair, target), strict=True)
        table.append([train(*row, *test, steps, seed) for row in rows])
        print(f"{name:6}", *("{:8.1f} ({:5.1f})".format(*cell) for cell in table[-1]))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
