"""Translation from paired examples: outlines of digits are filled (pix2pix).

    python examples/paired_translation.py --figure paired_translation.png

A U-Net learns to draw a digit from its outline. Trained on the mean absolute error (L1)
alone, it blurs what the outline does not tell. A critic of patches, which sees outline
and digit, makes the strokes as sharp as those of the data.
"""

import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import losses, modules, reporting, terms
from advnet.types import Comparison

GENERATOR = modules.UNetGenerator(channels=1, features=(8, 16, 32))
CRITIC = modules.Concatenate(
    modules.PatchDiscriminator(layers=2, features=16, normalization="spectral"),
    channels=True,
)


def outlines(x: np.ndarray) -> np.ndarray:
    """Mark the squares of 4 x 4 pixels that hold the border of a stroke."""
    stroke = x > 0.5
    neighbors = [np.roll(stroke, shift, axis) for axis in (1, 2) for shift in (-1, 1)]
    border = stroke & ~np.all(neighbors, axis=0)
    coarse = border.reshape(-1, 7, 4, 7, 4, 1).any(axis=(2, 4))
    return np.float32(coarse.repeat(4, axis=1).repeat(4, axis=2))


def sharpness(x: np.ndarray) -> float:
    """Return the gradient energy, the mean squared difference of neighbors."""
    return float(np.mean([np.mean(np.diff(x, axis=axis) ** 2) for axis in (1, 2)]))


def l1_loss(play, batch, key: jax.Array) -> jax.Array:
    edges, x = batch
    return terms.absolute_error(play("generator", edges), x).mean()


def compare(play, batch, key: jax.Array) -> Comparison:
    edges, x = batch
    return Comparison(real=(x,), fake=(play("generator", edges),), given=(edges,))


def build(weight: float) -> tuple[advnet.types.Game, advnet.types.Game]:
    """Build two games: L1 alone, and L1 with a critic."""
    generator = {"generator": GENERATOR}
    alone = advnet.games.custom(generator, {"generator": l1_loss}, [["generator"]])
    return alone, advnet.games.adversarial(
        generator | {"discriminator": CRITIC},
        compare,
        loss=losses.non_saturating(),
        terms=[terms.paired(lambda batch: batch[1])],
        weight=weight,
    )


def train(game: advnet.types.Game, data, steps: int, seed: int):
    """Return the trained generator, a function of outlines."""
    rate = optax.cosine_decay_schedule(2e-3, steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.5, b2=0.99))
    init_key, data_key = jax.random.split(jax.random.key(seed))
    batches = advnet.data.minibatches(data, 16, key=data_key)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)
    return lambda edges: np.asarray(advnet.apply(game, state, "generator", edges))


def main(
    data_dir: str | None = None,
    steps: int = 600,
    seeds: int = 3,
    weight: float = 0.05,
    figure: str = "",
):
    """Print and return error and sharpness over the data's, [seeds, 2, 2]."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    pairs, x, table = (outlines(data.train.x), data.train.x), data.test.x, []
    edges = outlines(x)
    print("Error (sharpness over the data's): L1 alone, L1 and critic")
    for seed in range(seeds):
        images = [train(game, pairs, steps, seed)(edges) for game in build(weight)]
        cells = [(np.abs(y - x).mean(), sharpness(y) / sharpness(x)) for y in images]
        table.append(cells)
        print(seed, *("{:8.4f} ({:.3f})".format(*cell) for cell in cells))
    if figure:  # outlines, L1 alone, L1 and critic, truth
        rows = np.concatenate([y[:12] for y in (edges, *images, x)])
        reporting.save_image(figure, reporting.image_grid(rows, columns=12))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
