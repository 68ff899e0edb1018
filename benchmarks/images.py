"""Quality of the image recipes at equal time, on 2,000 photographs of CIFAR-10.

    python benchmarks/images.py --data cifar-10-batches-bin --minutes 40 --seeds 0 1 2

Minutes are process time divided by the number of cores, so that other work on the
machine matters little. Two judges that no recipe uses: a classifier trained here on the
labels of 30,000 other images, and EfficientNet-Lite0. Every row of the output is one
JSON object: the kernel distance to 2,000 test images, and recall and precision, in both
feature spaces, at an eighth, a quarter, a half and the whole of the time. The first row
is that of the training images themselves.
"""

import argparse
import json
import os
import pathlib
import time

import flax.linen as nn
import jax
import numpy as np
import optax

import advnet
from advnet import data, recipes, reporting
from advnet.evaluation import distances, features, manifolds
from advnet.modules import Conv

NUM = 2_000
LAYERS = ((24, 1), (48, 2), (64, 1), (96, 2), (128, 1))  # channels and stride


class Judge(nn.Module):
    """Small convolutional classifier: logits [m, 10] and features [m, 128]."""

    @nn.compact
    def __call__(self, x, train):
        x = 2 * x - 1
        for channels, stride in LAYERS:
            x = Conv(channels, 3, strides=stride, use_bias=False)(x)
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(x))
        x = x.mean(axis=(1, 2))
        return nn.Dense(10)(x), x


def train_judge(split, steps: int):
    """Return features of a classifier of shifted and mirrored images."""
    judge, rng = Judge(), np.random.default_rng(0)
    variables = judge.init(jax.random.key(0), split.x[:2], train=False)
    optimizer = optax.adamw(optax.cosine_onecycle_schedule(steps, 3e-3))
    moments = optimizer.init(variables["params"])

    @jax.jit
    def step(variables, moments, x, y):
        def loss(params):
            variables_now = variables | {"params": params}
            (logits, _), state = judge.apply(
                variables_now, x, train=True, mutable=["batch_stats"]
            )
            cost = optax.softmax_cross_entropy_with_integer_labels(logits, y)
            return cost.mean(), state

        gradient, state = jax.grad(loss, has_aux=True)(variables["params"])
        updates, moments = optimizer.update(gradient, moments, variables["params"])
        params = optax.apply_updates(variables["params"], updates)
        return {"params": params, **state}, moments

    for _ in range(steps):
        index = rng.integers(0, len(split.x), 64)
        x = np.pad(split.x[index], ((0, 0), (4, 4), (4, 4), (0, 0)), mode="reflect")
        top, left = rng.integers(0, 9, 2)
        x = x[:, top : top + 32, left : left + 32]
        x = x[:, :, :: rng.choice((-1, 1))]
        variables, moments = step(variables, moments, x, split.y[index])
    apply = jax.jit(lambda x: judge.apply(variables, x, train=False))

    def outputs(x, position):
        blocks = (x[i : i + 250] for i in range(0, len(x), 250))
        return np.concatenate([np.asarray(apply(block)[position]) for block in blocks])

    deviation = outputs(split.x[:NUM], 1).std(axis=0) + 1e-6

    def judge_features(x):
        return outputs(x, 1) / deviation

    return judge_features, lambda x: outputs(x, 0).argmax(axis=1)


def judge_samples(spaces, test, x) -> dict:
    """Return distances and manifold metrics of images in every feature space."""
    row = {}
    for name, space in spaces.items():
        distance = distances.kernel(test, x, features=space)
        scores = manifolds.prdc(test, x, features=space)
        row[f"{name}: kernel distance"] = round(float(distance.value), 4)
        row[f"{name}: recall"] = round(float(scores.recall.value), 3)
        row[f"{name}: precision"] = round(float(scores.precision.value), 3)
    return row


def train(name: str, train_x, seed: int, seconds: float, judge, folder):
    """Train a recipe for some process time, and yield rows of its samples."""
    settings = recipes.Settings(**json.loads(name))
    recipe = recipes.images(train_x, settings=settings)
    batches = data.minibatches(
        train_x, recipe.batch_size, key=jax.random.key(seed + 100)
    )
    algorithm = recipe.algorithm
    state = jax.jit(algorithm.init)(jax.random.key(seed), batches(0))
    step = jax.jit(algorithm.train_step, donate_argnums=0)
    state, metrics = step(state, batches(0))  # compiled before the clock starts
    spent, number = 0.0, 1
    for share in (1 / 8, 1 / 4, 1 / 2, 1):
        begin = time.process_time()
        while spent + time.process_time() - begin < share * seconds:
            for _ in range(10):
                state, metrics = step(state, batches(number))
                number += 1
            jax.block_until_ready(metrics)
        spent += time.process_time() - begin
        keys = jax.random.split(jax.random.key(7), NUM // 250)
        blocks = [
            advnet.sample(recipe.game, state, key, 250, average=True) for key in keys
        ]
        x = np.concatenate(blocks).clip(0, 1)
        row = {"settings": name, "seed": seed, "process seconds": round(spent)}
        yield row | {"steps": number} | judge(x)
    if folder:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        stem = "".join(c if c.isalnum() else "_" for c in name).strip("_") or "default"
        path = pathlib.Path(folder, f"{stem}_{seed}.png")
        reporting.save_image(path, reporting.image_grid(x[:64], columns=16))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument(
        "--settings", nargs="+", default=["{}", '{"model": "dcgan"}'], help="JSON"
    )
    parser.add_argument("--judge-steps", type=int, default=2_500)
    parser.add_argument("--pictures", default="", help="folder for grids of samples")
    options = parser.parse_args()
    dataset = data.cifar10(options.data)
    train_x, test = dataset.train.x[:NUM], dataset.test.x[:NUM]
    labeled = data.Split(dataset.train.x[10_000:40_000], dataset.train.y[10_000:40_000])
    space, predict = train_judge(labeled, options.judge_steps)
    accuracy = np.mean(predict(test) == dataset.test.y[:NUM])
    spaces = {"classifier": space, "EfficientNet": features.efficientnet_lite0()}
    device = jax.devices()[0].device_kind
    about = {"jax": jax.__version__, "device": device, "judge": float(accuracy)}
    print(json.dumps(about | judge_samples(spaces, test, train_x)), flush=True)
    seconds = 60 * options.minutes * (os.cpu_count() or 1)
    judge = lambda x: judge_samples(spaces, test, x)
    for seed in options.seeds:
        for name in options.settings:
            for row in train(name, train_x, seed, seconds, judge, options.pictures):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
