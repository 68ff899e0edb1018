"""Features of the critic, measured by logistic regression on few labels.

    python examples/linear_probe.py
    python examples/linear_probe.py --data-dir DIR --steps 25000

"Features from the discriminator or inference net could improve performance of
classifiers when limited labeled data is available" (section 7.4 of the paper). A GAN is
trained without labels. Logistic regression then classifies digits from pixels, from the
last features of the critic, and from the features of an untrained critic.
"""

import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import modules
from advnet.evaluation import probes


def main(
    data_dir: str | None = None,
    steps: int = 3_000,
    labels: tuple[int, ...] = (100, 1_000),
    seed: int = 0,
):
    """Train, print the accuracies and return them by (space, number of labels)."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    train, _, test, *_ = data
    game = advnet.games.gan(
        modules.MLPGenerator(train.x.shape[1:]),
        modules.MaxoutDiscriminator(features=True),
        advnet.priors.uniform(100),
        loss=advnet.losses.non_saturating(),
        terms=[advnet.terms.r1(10.0)],
    )
    algorithm = advnet.alternating(game, optax.adam(3e-4, b1=0.5))
    data_key, init_key = jax.random.split(jax.random.key(seed))
    batches = advnet.data.minibatches(train.x, 100, key=data_key)
    untrained = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, untrained, batches, num_steps=steps)

    critic = lambda state, x: advnet.apply(game, state, "discriminator", x)
    extract = jax.jit(lambda state, x: critic(state, x)[1])
    spaces = {
        "pixels": lambda x: x,
        "untrained critic": lambda x: extract(untrained, x),
        "critic": lambda x: extract(state, x),
    }
    result = {}
    for name, space in spaces.items():
        for num in labels:
            codes, test_codes = (np.asarray(space(x)) for x in (train.x[:num], test.x))
            accuracy = probes.linear_probe(
                codes, train.y[:num], test_codes, test.y, decay=0.01
            )
            result[name, num] = accuracy
            print(f"{name:16} {num:5} labels: {accuracy}")
    return result


if __name__ == "__main__":
    tyro.cli(main)
