"""Photographs at four times their resolution, with and without a critic (SRGAN).

    pip install scikit-image
    python examples/super_resolution.py --figure super_resolution.png

Trained on the mean absolute error (L1) alone, a network returns a blurred image. A
critic adds detail, and a factor on the restored detail, chosen later, adds the rest.
"""

import flax.linen as nn
import jax
import numpy as np
import optax
import skimage.data
import tyro

import advnet
from advnet import games, losses, modules, networks, reporting, terms
from advnet.types import Comparison

CRITIC = modules.PatchDiscriminator(layers=2, features=16, normalization="spectral")


def resize(x: jax.Array, factor: float) -> jax.Array:
    """Resize images [m, h, w, 1] by bicubic interpolation, without aliasing."""
    sides = (round(side * factor) for side in x.shape[1:3])
    return jax.image.resize(x, (len(x), *sides, 1), "cubic")


class Upscaler(nn.Module):
    """Bicubic interpolation plus detail, from convolutions at low resolution."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        y, enlarged = x - 0.5, resize(x, 4)
        for _ in range(4):
            y = nn.leaky_relu(modules.Conv(32, (3, 3))(y), 0.2)
        y = modules.Conv(16, (3, 3), kernel_init=nn.initializers.zeros)(y)
        y = y.reshape(*x.shape[:3], 4, 4).swapaxes(2, 3)  # 16 values: 4 x 4 pixels
        return enlarged + y.reshape(enlarged.shape)


def photographs() -> tuple[np.ndarray, list[np.ndarray]]:
    """Return turned crops of the left parts [n, 32, 32, 1], and the right quarters."""
    rng, crops, tests = np.random.default_rng(0), [], []
    for name in ("astronaut", "camera", "chelsea", "coffee", "coins", "rocket"):
        x = np.float32(getattr(skimage.data, name)()) / 255
        x = x.reshape(*x.shape[:2], -1).mean(axis=2)
        height, width = (side // 32 * 16 for side in x.shape)  # half of the original
        x = x[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 1).mean((1, 3))
        tests.append(x[None, :, width * 3 // 4 :])
        for _ in range(1_500):
            i, j = rng.integers((height - 31, width * 3 // 4 - 31))
            crop = np.rot90(x[i : i + 32, j : j + 32], rng.integers(4))
            crops.append(crop[:, :: rng.choice((-1, 1))])
    return np.stack(crops), tests


def train(game, crops, tests, steps: int, rate: float, seed: int):
    """Return the variables of the trained generator, and its test images."""
    adam = optax.adam(optax.cosine_decay_schedule(rate, steps), b1=0.5, b2=0.99)
    algorithm, key = advnet.alternating(game, adam), jax.random.key(seed)
    batches = advnet.data.minibatches(crops, 16, key=key)
    state = algorithm.init(key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)
    images = [advnet.apply(game, state, "generator", resize(x, 0.25)) for x in tests]
    return state.players["generator"].variables, images


def main(steps: int = 1_500, seeds: int = 3, weight: float = 0.012, figure: str = ""):
    """Print and return PSNR in dB and the energy of detail, [seeds, 3, 2]."""
    (crops, x), table, model = photographs(), [], Upscaler()
    detail = lambda x: x - resize(resize(x, 0.25), 4)
    upscale = lambda play, x: play("generator", resize(x, 0.25))
    l1 = lambda play, x, _: terms.absolute_error(upscale(play, x), x).mean()
    compare = lambda play, x, _: Comparison(real=(x,), fake=(upscale(play, x),))
    options = {"loss": losses.non_saturating(), "terms": [terms.paired(lambda x: x)]}
    errors = lambda y: [np.mean((a - b) ** 2) for a, b in zip(x, y, strict=True)]
    psnr = lambda y: -10 * np.mean(np.log10(errors(y)))
    energy = lambda x: sum(np.sum(detail(x) ** 2) for x in x)
    print("PSNR, dB (energy of detail over the truth's): bicubic, L1, L1 and critic")
    for seed in range(seeds):
        game = games.custom({"generator": model}, {"generator": l1}, [["generator"]])
        variables, blurred = train(game, crops, x, steps, 2e-3, seed)
        start = networks.pretrained(model, variables)
        players = {"generator": start, "discriminator": CRITIC}
        game = games.adversarial(players, compare, weight=weight, **options)
        sharp = train(game, crops, x, steps, 1e-3, seed)[1]
        sharp = [y + 0.45 * detail(y) for y in sharp]  # 1.45 times the detail
        methods = [x - detail(x) for x in x], blurred, sharp
        table.append([(psnr(y), energy(y) / energy(x)) for y in methods])
        print(seed, *("{:8.2f} ({:.3f})".format(*cell) for cell in table[-1]))
    if figure:  # in columns: bicubic, L1 alone, L1 and critic, truth
        columns = [np.vstack([x[0, 60:124, :48] for x in y]) for y in (*methods, x)]
        reporting.save_image(figure, np.hstack(columns))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
