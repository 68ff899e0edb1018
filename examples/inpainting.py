"""Inpainting of partly known images, with several answers per image.

    python examples/inpainting.py
    python examples/inpainting.py --data-dir DIR --steps 30000 --figure filled.png
    python examples/inpainting.py --npz FILE    # arrays train, test [n, h, w, c]

Masks hide a half, a block, or most of the pixels at random. The example prints the
squared error per missing pixel, also for three methods without networks. One draw is a
plausible image; the mean of several draws has a smaller error.
"""

import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import games, modules, priors, reporting
from advnet.evaluation import imputation


def build(train: np.ndarray, num_steps: int, penalty: float):
    """Build the game, its algorithm, and the masks for training and testing."""
    shape = train.shape[1:]
    masks = priors.any_of(
        priors.half_mask(shape),
        priors.block_mask(shape, shape[0] // 2),
        priors.bernoulli_mask(shape, keep=(0.05, 0.5)),
    )
    bias = modules.bias_from_marginals(train)
    game = games.inpainting(
        modules.Concatenate(modules.MLPGenerator(shape, output_bias_init=bias)),
        modules.Concatenate(modules.MLPDiscriminator((1024, 512), noise=0.0)),
        priors.normal(64),
        masks,
        loss=advnet.losses.relativistic(),
        terms=[advnet.terms.r1(penalty), advnet.terms.r2(penalty)],
    )
    rate = optax.cosine_decay_schedule(1e-3, num_steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
    return game, advnet.dynamics.averaged(algorithm, decay=0.999), masks


def main(
    data_dir: str | None = None,
    npz: str | None = None,
    steps: int = 6_000,
    tests: int = 200,
    draws: int = 16,
    penalty: float = 1.0,
    seed: int = 0,
    figure: str = "",
):
    """Train, print the errors and return them by method."""
    if npz:
        train, test = (np.load(npz)[name] for name in ("train", "test"))
    else:
        data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
        train, test = data.train.x, data.test.x
    game, algorithm, masks = build(train, steps, penalty)
    keys = jax.random.split(jax.random.key(seed), 4)
    batches = advnet.data.minibatches(train, 100, key=keys[0])
    state = algorithm.init(keys[1], batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)

    x = np.random.default_rng(seed).permutation(test)[:tests]
    mask = np.asarray(masks(keys[2], len(x)))
    completed = games.impute(game, state, x, mask, keys[3], draws=draws, average=True)
    methods = {
        "mean of the training set": imputation.by_mean(train, x, mask),
        "nearest training example": imputation.by_nearest(train, x, mask),
        "conditional Gaussian": imputation.by_gaussian(train, x, mask),
        "GAN, one draw": completed[0],
        f"GAN, mean of {draws} draws": completed.mean(axis=0),
    }
    result = {}
    for name, images in methods.items():
        result[name] = imputation.mean_squared_error(x, images, mask)
        print(f"{name:25} {result[name]}")
    if figure:  # truth, known pixels, four draws, mean of the draws, Gaussian
        rows = [x, np.where(mask, x, 0.5), *completed[:4], completed.mean(axis=0)]
        rows.append(methods["conditional Gaussian"])
        images = np.concatenate([row[:16] for row in rows])
        reporting.save_image(figure, reporting.image_grid(images, columns=16))
    return result


if __name__ == "__main__":
    tyro.cli(main)
