"""Conditional CIFAR-10 for eight minutes on one GPU: R3GAN at a quarter of its width.

    OUT=out python benchmarks/gpu/cifar10.py --data cifar-10-batches-bin
    OUT=out python benchmarks/gpu/cifar10.py --data cifar-10-batches-bin --tiny

It writes curves of the metrics, a picture of ten classes at the half and at the end,
and, with the weights of EfficientNet-Lite0 installed, distances to 10,000 test images
beside those of the training images, to cifar10.json.
"""

import argparse
import json
import os
import pathlib
import time

import jax
import jax.numpy as jnp
import numpy as np

import advnet
from advnet import data, recipes, reporting
from advnet.evaluation import distances, features, manifolds

CLASSES = 10
STEPS_PER_CALL = 20


def sample(recipe, state, num: int, key: jax.Array) -> np.ndarray:
    """Draw `num` images, the classes in turn."""
    blocks = []
    for block in range(-(-num // 500)):
        labels = jnp.arange(500, dtype=jnp.int32) % CLASSES
        key_of_block = jax.random.fold_in(key, block)
        images = advnet.sample(
            recipe.game, state, key_of_block, 500, condition=labels, average=True
        )
        blocks.append(np.asarray(images))
    return np.concatenate(blocks)[:num]


def judge(test, train, samples) -> dict:
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    out = pathlib.Path(os.environ["OUT"])
    out.mkdir(parents=True, exist_ok=True)
    dataset, num = data.cifar10(options.data), 10_000
    settings = {"width": options.width, "batch_size": options.batch_size}
    per_call = STEPS_PER_CALL
    if options.tiny:
        settings, num, per_call = {"width": 16, "batch_size": 8}, 100, 2
        options.seconds = 5.0
    x, y = dataset.train.x, np.asarray(dataset.train.y, np.int32)
    recipe = recipes.images(
        x, y, settings=recipes.Settings(model="small", mirror=True, **settings)
    )
    batches = data.on_device(
        data.minibatches(data.Split(x, y), recipe.batch_size, key=jax.random.key(1))
    )
    state = jax.jit(recipe.algorithm.init)(jax.random.key(0), batches(0))

    def call(state, stacked):
        return jax.lax.scan(recipe.algorithm.train_step, state, stacked)

    begin = time.perf_counter()
    stacked = batches.stacked(0, per_call)
    compiled = jax.jit(call, donate_argnums=0).lower(state, stacked).compile()
    record = {
        "device": jax.devices()[0].device_kind,
        "jax": jax.__version__,
        "settings": settings,
        "seconds of compilation": time.perf_counter() - begin,
        "curve": [],
    }
    begin, step, pictures = time.perf_counter(), 0, [0.5, 1.0]
    while pictures:
        state, metrics = compiled(state, batches.stacked(step, step + per_call))
        step += per_call
        if step % (50 * per_call) and not options.tiny:
            continue
        row = {name: float(values.mean()) for name, values in metrics.items()}
        seconds = time.perf_counter() - begin
        row |= {"step": step, "seconds": seconds}
        record["curve"].append(row)
        (out / "cifar10.json").write_text(json.dumps(record, indent=1))
        if seconds >= pictures[0] * options.seconds:
            share = pictures.pop(0)
            grid = sample(recipe, state, 200, jax.random.key(2))
            path = out / f"cifar10_{round(100 * share)}.png"
            reporting.save_image(path, reporting.image_grid(grid, columns=CLASSES))
    samples = sample(recipe, state, num, jax.random.key(3))
    record["images"] = step * recipe.batch_size
    record["scores"] = judge(dataset.test.x[:num], x[:num], samples)
    (out / "cifar10.json").write_text(json.dumps(record, indent=1))
    print(json.dumps(record["scores"]))


if __name__ == "__main__":
    main()
