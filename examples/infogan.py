"""Classes learned without labels: a code that the critic predicts (InfoGAN).

    python examples/infogan.py
    python examples/infogan.py --data-dir DIR --steps 20000 --figure codes.png

The generator receives a random code. A second head of the critic predicts the code from
the sample, and both players are trained to make the prediction right. Training uses no
labels. Afterwards each code is assigned the most frequent label of the training digits
for which it is predicted. The accuracy of these labels on test digits is printed.
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
    """Build a GAN of the two networks of the paper, with R1 and the InfoGAN term."""
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
    """Train, print how well codes predict digits, and return the accuracy."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    train, _, test, *_ = data
    keys = jax.random.split(jax.random.key(seed), 3)
    game, algorithm = build(train.x)
    batches = advnet.data.minibatches(train.x, 100, key=keys[0])
    state = algorithm.init(keys[1], batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)

    logits = jax.jit(lambda x: advnet.apply(game, state, "discriminator", x)[1])
    predict = lambda x: np.asarray(logits(x)).argmax(axis=1)
    counts = np.zeros((NUM_CODES, 10))
    np.add.at(counts, (predict(train.x), train.y), 1)
    digits = counts.argmax(axis=1)
    result = probes.accuracy(digits[predict(test.x)], test.y)
    print(f"Digits of the ten codes: {digits.tolist()}")
    print(f"Test digits classified by their code: {result}")
    if figure:  # one row for each code, the same noise down each column
        z = priors.uniform(62)(keys[2], 10)[None]
        codes = np.broadcast_to(np.eye(10, dtype=np.float32)[:, None], (10, 10, 10))
        z = np.concatenate([np.broadcast_to(z, (10, 10, 62)), codes], axis=2)
        x = advnet.apply(game, state, "generator", z.reshape(100, -1), average=True)
        reporting.save_image(figure, reporting.image_grid(np.asarray(x), columns=10))
    return result


if __name__ == "__main__":
    tyro.cli(main)
