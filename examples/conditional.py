"""Samples of a class: p(x | class) on MNIST, measured with a classifier.

    python examples/conditional.py
    python examples/conditional.py --data-dir DIR --steps 30000 --figure digits.png

Without `--data-dir` the data are 5,000 digits that need no download. The example prints
the accuracy of a classifier of real digits on real digits and on samples, the accuracy
on real digits of a classifier trained on samples, and the Parzen log-likelihood.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import modules, reporting
from advnet.evaluation import parzen, probes

NUM_CLASSES = 10


def build(images: np.ndarray, auxiliary_weight: float):
    """Build the game: D has a projection of the class and a classification head."""
    bias = modules.bias_from_marginals(images)
    generator = modules.MLPGenerator(images.shape[1:], output_bias_init=bias)
    critic = modules.MaxoutDiscriminator(features=True)
    critic = modules.Projection(critic, num_classes=NUM_CLASSES, features=True)
    game = advnet.games.conditional(
        modules.Concatenate(generator, num_classes=NUM_CLASSES),
        modules.Head(critic, outputs=NUM_CLASSES),
        advnet.priors.uniform(100),
        loss=advnet.losses.non_saturating(),
        terms=[
            advnet.terms.r1(10.0),
            *advnet.terms.auxiliary_classifier(auxiliary_weight),
        ],
    )
    algorithm = advnet.alternating(game, optax.adam(3e-4, b1=0.5))
    return game, advnet.dynamics.averaged(algorithm, decay=0.9995)


def train_classifier(split, num_steps: int, key: jax.Array):
    """Train the maxout network of the paper; return a function images -> classes."""
    game = advnet.games.classification(modules.MaxoutDiscriminator(outputs=NUM_CLASSES))
    rate = optax.cosine_decay_schedule(1e-3, num_steps)
    algorithm = advnet.alternating(game, optax.adam(rate))
    init_key, data_key = jax.random.split(key)
    batches = advnet.data.minibatches(split, 100, key=data_key)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=num_steps)
    logits = jax.jit(lambda x: advnet.classify(game, state, x, player="classifier"))
    return lambda images: np.asarray(logits(images).argmax(axis=1))


def main(
    data_dir: str | None = None,
    steps: int = 6_000,
    judge_steps: int = 3_000,
    samples: int = 10_000,
    auxiliary_weight: float = 1.0,
    seed: int = 0,
    figure: str = "",
):
    """Train, print the four results and return them by name."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    train, valid, test, *_ = data
    keys = jax.random.split(jax.random.key(seed), 6)
    game, algorithm = build(train.x, auxiliary_weight)
    batches = advnet.data.minibatches(train, 100, key=keys[0])
    state = algorithm.init(keys[1], batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)

    labels = jnp.arange(samples) % NUM_CLASSES
    fake = advnet.sample(game, state, keys[2], samples, condition=labels, average=True)
    judge = train_classifier(train, judge_steps, keys[3])
    student = train_classifier((fake, labels), judge_steps, keys[4])
    sigma = parzen.select_bandwidth(fake, valid.x[:1000]).sigma
    result = {
        "trained on real digits, tested on real": probes.accuracy(
            judge(test.x), test.y
        ),
        "trained on real, tested on samples": probes.accuracy(judge(fake), labels),
        "trained on samples, tested on real": probes.accuracy(student(test.x), test.y),
        "Parzen": parzen.log_likelihood(fake, test.x, sigma),
    }
    for name, value in result.items():
        print(f"{name:40} {value}")
    if figure:  # one row for each class
        rows = np.concatenate([fake[c:100:NUM_CLASSES] for c in range(NUM_CLASSES)])
        reporting.save_image(figure, reporting.image_grid(rows, columns=10))
    return result


if __name__ == "__main__":
    tyro.cli(main)
