"""Conditional CIFAR-10 for eight minutes on one GPU: R3GAN at a quarter of its width.

    OUT=out python benchmarks/gpu/cifar10.py --data cifar-10-batches-bin
    OUT=out python benchmarks/gpu/cifar10.py --data cifar-10-batches-bin --tiny

It writes curves of the metrics, a picture of ten classes at the half and at the end,
and, with the weights of EfficientNet-Lite0 installed, distances to 10,000 test images
beside those of the training images, to cifar10.json.
"""

import jax
import numpy as np
from common import Record, device_batches, parser, sample, train

from advnet import data, recipes
from advnet.evaluation import distances, features, manifolds

CLASSES = 10


def judge(test: np.ndarray, train: np.ndarray, samples: np.ndarray) -> dict:
    """Return distances of samples and of training images to the test images."""
    space = features.efficientnet_lite0()
    table = {}
    for name, x in {"samples": samples, "training images": train}.items():
        scores = manifolds.prdc(test, x, features=space)
        table[name] = {
            "kernel distance": float(distances.kernel(test, x, features=space).value),
            "recall": float(scores.recall.value),
            "precision": float(scores.precision.value),
        }
    return table


def main() -> None:
    """Train for the time of `--seconds`, with pictures at the half and at the end."""
    options = parser(__doc__, 420)
    options.add_argument("--width", type=int, default=192)
    options.add_argument("--batch-size", type=int, default=256)
    options = options.parse_args()
    num, steps_per_call = 10_000, 20
    if options.tiny:
        options.width, options.batch_size, options.seconds = 16, 8, 5.0
        num, steps_per_call = 100, 2
    record = Record("cifar10", options)
    dataset = data.cifar10(options.data)
    x, y = dataset.train.x, np.asarray(dataset.train.y, np.int32)
    settings = recipes.Settings(
        model="small",
        mirror=True,
        width=options.width,
        batch_size=options.batch_size,
    )
    recipe = recipes.images(x, y, settings=settings)
    batches = device_batches(data.Split(x, y), recipe.batch_size)
    state = jax.jit(recipe.algorithm.init)(jax.random.key(0), batches(0))

    def picture(share, state):
        images = sample(recipe.game, state, 200, num_classes=CLASSES)
        record.picture(f"cifar10_{round(100 * share)}", images, columns=CLASSES)

    state = train(
        recipe.algorithm,
        state,
        batches,
        record=record,
        name=recipe.about,
        seconds=options.seconds,
        steps_per_call=steps_per_call,
        marks=(0.5, 1.0),
        at_mark=picture,
    )
    samples = sample(recipe.game, state, num, seed=3, num_classes=CLASSES)
    scores = judge(dataset.test.x[:num], x[:num], samples)
    record.add(images=int(state.step) * recipe.batch_size, scores=scores)


if __name__ == "__main__":
    main()
