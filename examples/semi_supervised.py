"""Learning classes from a handful of labels: the critic is the classifier.

    python examples/semi_supervised.py moons
    python examples/semi_supervised.py mnist --data-dir DIR --labels 100 --subsets 3

Two moons with 8 labels, or MNIST without its geometry with 10 labels a class or so, on
several random subsets, beside the same network trained on the labels alone. On a GPU
`--vmap` trains all subsets as one program.
"""

import functools
from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games, modules, priors

leaky = lambda x: nn.leaky_relu(x, 0.2)


def moons(key: jax.Array, num: int):
    """Two interleaved half circles with noise; points [num, 2] and their moon [num]."""
    angle_key, noise_key = jax.random.split(key)
    y = jnp.arange(num) % 2
    angle = jnp.pi * jax.random.uniform(angle_key, (num,))
    x = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    x = jnp.where(y[:, None] == 1, jnp.array([[1.0, 0.5]]) - x, x)
    return x + 0.1 * jax.random.normal(noise_key, x.shape), y


def build(task: str, num_steps: int):
    """The two games, with and without unlabelled data, and their dynamics."""
    if task == "moons":
        critic = modules.MLPDiscriminator(
            (100,) * 3, leaky, 0.1, outputs=2, features=True
        )
        he, same = nn.initializers.he_normal(), lambda x: x
        generator = modules.MLPGenerator((2,), (64, 64), output=same, kernel_init=he)
        prior = 2
    else:
        critic = modules.MLPDiscriminator(activation=leaky, outputs=10, features=True)
        generator, prior = modules.MLPGenerator((784,), hidden=(500, 500)), 100
    rate = optax.linear_schedule(3e-3, 0.0, num_steps // 2, num_steps // 2)
    game = games.semi_supervised(
        generator, critic, priors.normal(prior), loss=advnet.losses.non_saturating()
    )
    alone = games.classification(
        critic,
        cost=lambda output, y: optax.softmax_cross_entropy_with_integer_labels(
            output[0], y
        ),
    )
    return [(g, advnet.alternating(g, optax.adam(rate, b1=0.5))) for g in (game, alone)]


def train(key, task, labelled, unlabelled, test_x, batch_size, num_steps):
    """Class predictions on test examples, with and without unlabelled data."""
    (game, semi), (alone, supervised) = build(task, num_steps)

    def draw(key, *arrays):
        index = jax.random.randint(key, (batch_size,), 0, len(arrays[0]))
        return tuple(jnp.asarray(x)[index] for x in arrays)

    def run(algorithm, batch_of):
        step = lambda state, key: (algorithm.train_step(state, batch_of(key))[0], None)
        state = algorithm.init(key, batch_of(key))
        return jax.lax.scan(step, state, jax.random.split(key, num_steps))[0]

    def both(key):
        keys = jax.random.split(key)
        return draw(keys[0], *labelled), draw(keys[1], unlabelled)[0]

    state = run(semi, both)
    baseline = run(supervised, lambda key: draw(key, *labelled))
    classify = functools.partial(advnet.classify, x=test_x)
    answers = classify(game, state), classify(alone, baseline, player="classifier")
    return jnp.stack([logits.argmax(axis=1) for logits in answers])


def subset(rng: np.random.Generator, y: np.ndarray, num: int) -> np.ndarray:
    """Indices of `num` examples, as many of each class."""
    classes = np.unique(y)
    each = num // len(classes)
    return np.concatenate(
        [rng.permutation(np.flatnonzero(y == c))[:each] for c in classes]
    )


def main(
    task: Literal["moons", "mnist"],
    /,
    data_dir: str | None = None,
    labels: int | None = None,
    subsets: int = 3,
    steps: int = 20_000,
    batch_size: int = 100,
    seed: int = 0,
    vmap: bool = False,
):
    """Prints errors on the test set for each subset and returns them, [subsets, 2]."""
    if task == "moons":
        (x, y), (test_x, test_y) = (moons(jax.random.key(s), 2000) for s in (1, 2))
    else:
        data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
        (x, y), (test_x, test_y) = data.train, data.test
        x, test_x = x.reshape(len(x), -1), test_x.reshape(len(test_x), -1)
    rng, num = np.random.default_rng(seed), labels or (8 if task == "moons" else 100)
    chosen = np.stack([subset(rng, np.asarray(y), num) for _ in range(subsets)])
    x, y = jnp.asarray(x), jnp.asarray(y)
    one = lambda key, index: train(
        key, task, (x[index], y[index]), x, jnp.asarray(test_x), batch_size, steps
    )
    many = jax.vmap(one) if vmap else lambda *args: jax.lax.map(lambda a: one(*a), args)
    keys = jax.random.split(jax.random.key(seed), subsets)
    answers = np.asarray(jax.jit(many)(keys, jnp.asarray(chosen)))
    errors = np.sum(answers != np.asarray(test_y), axis=2)
    print(f"Errors of {len(test_y):,} with {num} labels: semi-supervised, labels alone")
    for row in errors:
        print("{:8} {:8}".format(*row))
    means, sds = errors.mean(axis=0), errors.std(axis=0)
    print("{:8.1f} {:8.1f}  mean\n{:8.1f} {:8.1f}  sd".format(*means, *sds))
    return errors


if __name__ == "__main__":
    tyro.cli(main)
