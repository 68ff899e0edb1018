"""From a digit back to its noise, three ways.

    python examples/inference.py --figure inference.png

A bidirectional GAN learns an encoder of noisy digits beside its generator; the round
trip G(E(x)) counts too (ALICE; without that term it is BiGAN). A second encoder joins
the finished, frozen generator and learns from its samples: the paper's way (7.2). Each
is scored by the label of the training digit nearest in z. Last, z is searched for.
"""

import functools

import flax.linen as nn
import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import data, games, reporting
from advnet.evaluation import probes
from advnet.modules import Concatenate, MLPDiscriminator, MLPGenerator

PRIOR = advnet.priors.uniform(20, half_width=1.0)
annealed = optax.cosine_decay_schedule
fit = functools.partial(advnet.fit, steps_per_call=20)
leaky = lambda x: nn.leaky_relu(x, 0.2)
distance = lambda a, b: abs(a - b).sum((1, 2, 3))


class Encoder(nn.Module):
    @nn.compact
    def __call__(self, x, *, train: bool):
        noise = jax.random.normal(self.make_rng("noise"), x.shape) if train else 0.0
        net = MLPGenerator((20,), (1024, 1024), leaky, lambda z: z, batch_norm=True)
        return net(x + 0.5 * noise, train=train)


def bidirectional(images: np.ndarray, num_steps: int):
    """Networks as in BiGAN, with R1 in place of D's batch norm."""
    round_trip = advnet.terms.reconstruction(10.0, cost=distance)
    game = games.bidirectional(
        MLPGenerator(images.shape[1:], (1024, 1024), batch_norm=True),
        Encoder(),
        Concatenate(MLPDiscriminator((1024, 1024), leaky, noise=0.0)),
        PRIOR,
        loss=advnet.losses.non_saturating(),
        terms=[advnet.terms.r1(0.2), *round_trip],
    )
    algorithm = advnet.alternating(game, optax.adam(annealed(5e-4, num_steps), b1=0.5))
    return game, advnet.averaged(algorithm, players=("generator", "encoder"))


def main(
    data_dir: str | None = None,
    steps: int = 6_000,
    joined_steps: int = 6_000,
    search_steps: int = 300,
    seed: int = 0,
    figure: str = "",
):
    """Trains on all but the test digits, prints the accuracies and returns them."""
    train, valid, test, *_ = data.mnist(data_dir) if data_dir else data.mnist_5k()
    train = jax.tree.map(lambda *parts: np.concatenate(parts), train, valid)
    keys = jax.random.split(jax.random.key(seed), 4)
    batches = data.on_device(data.minibatches(train.x, 128, key=keys[0]))
    game, algorithm = bidirectional(train.x, steps)
    state = algorithm.init(keys[1], batches(0))
    finished = fit(algorithm, state, batches, num_steps=steps)
    objective = games.noise_prediction(PRIOR, player="regressor")
    late = games.add_player(
        game, "regressor", Encoder(), objective
    )  # it alone still moves
    algorithm = advnet.alternating(late, optax.adam(annealed(1e-3, joined_steps)))
    state = algorithm.init(keys[2], batches(0))
    state = advnet.transfer(state, finished, average=True)
    state = fit(algorithm, state, batches, num_steps=joined_steps)

    spaces = {
        "encoder": lambda x: advnet.encode(game, finished, x, keys[3], average=True),
        "joined later": lambda x: advnet.encode(late, state, x, keys[3]),
    }
    result = {"pixels": probes.nearest_neighbor(*train, *test)}
    for name, space in spaces.items():
        codes = [np.asarray(jax.jit(space)(x)) for x in (train.x, test.x)]
        result[name] = probes.nearest_neighbor(codes[0], train.y, codes[1], test.y)
    inside = lambda z: jax.numpy.clip(z, -1, 1)
    search = games.with_inversion(late, PRIOR, num_steps=search_steps, project=inside)
    spaces["search"] = lambda x: advnet.encode(search, state, x, keys[3])
    rows = [test.x[:16]]
    for name, space in spaces.items():
        rows.append(advnet.apply(late, state, "generator", space(rows[0])))
        result[f"G(E(x)), {name}"] = float(np.mean((rows[-1] - rows[0]) ** 2))
    print(*(f"{name:24} {value}" for name, value in result.items()), sep="\n")
    grid = reporting.image_grid(np.concatenate(rows), columns=16)
    if figure:
        reporting.save_image(figure, grid)
    return result


if __name__ == "__main__":
    tyro.cli(main)
