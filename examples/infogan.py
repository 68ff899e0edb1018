"""Classes nobody named: a code that the critic can read off the sample (InfoGAN).

    python examples/infogan.py
    python examples/infogan.py --data-dir DIR --steps 20000 --figure codes.png

The generator is told a class drawn at random, and both players gain if the critic's
second head can tell which. No label is seen in training. Then each code is named after
the digit it meets most often among training digits, and test digits are read by it.
"""

import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import modules, priors, reporting
from advnet.evaluation import probes

NUM_CODES = 10


def build(images: np.ndarray):
    """The GAN of the paper's two networks, with one more term."""
    bias = modules.bias_from_marginals(images)
    prior = priors.concatenated(priors.uniform(62), priors.categorical(NUM_CODES))
    game = advnet.games.gan(
        modules.MLPGenerator(images.shape[1:], output_bias_init=bias),
        modules.Head(modules.MaxoutDiscriminator(features=True), outputs=NUM_CODES),
        prior,
        loss=advnet.losses.non_saturating(),
        terms=[
            advnet.terms.r1(10.0),
            *advnet.terms.mutual_information(lambda z: z[:, -NUM_CODES:]),
        ],
    )
    algorithm = advnet.alternating(game, optax.adam(3e-4, b1=0.5))
    return game, advnet.dynamics.averaged(algorithm, decay=0.9995)


def main(
    data_dir: str | None = None, steps: int = 6_000, seed: int = 0, figure: str = ""
):
    """Trains, prints how well codes are digits, and returns the accuracy."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    train, _, test, *_ = data
    keys = jax.random.split(jax.random.key(seed), 3)
    game, algorithm = build(train.x)
    batches = advnet.data.minibatches(train.x, 100, key=keys[0])
    state = algorithm.init(keys[1], batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)

    answer = jax.jit(lambda x: advnet.apply(game, state, "discriminator", x)[1])
    read = lambda x: np.asarray(answer(x)).argmax(axis=1)
    met = np.zeros((NUM_CODES, 10))
    np.add.at(met, (read(train.x), train.y), 1)
    names = met.argmax(axis=1)
    result = probes.accuracy(names[read(test.x)], test.y)
    print(f"Digits that the ten codes stand for: {names.tolist()}")
    print(f"Test digits read by their code: {result}")
    if figure:  # one row for each code, the same noise down each column
        z = priors.uniform(62)(keys[2], 10)[None]
        codes = np.broadcast_to(np.eye(10, dtype=np.float32)[:, None], (10, 10, 10))
        z = np.concatenate([np.broadcast_to(z, (10, 10, 62)), codes], axis=2)
        x = advnet.apply(game, state, "generator", z.reshape(100, -1), average=True)
        reporting.save_image(figure, reporting.image_grid(np.asarray(x), columns=10))
    return result


if __name__ == "__main__":
    tyro.cli(main)
