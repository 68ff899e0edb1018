"""From a digit back to its noise, three ways.

    python examples/inference.py
    python examples/inference.py --data-dir DIR --steps 12000 --figure inference.png

A bidirectional GAN learns an encoder beside its generator; here the round trip G(E(x))
counts too (ALICE; without that term it is BiGAN). Then a second encoder joins the
finished, frozen generator and learns from its samples: the paper's way (section 7.2).
Each is scored by the label of the nearest training digit in z, beside raw pixels. Last,
z is searched for by gradient.
"""

import flax.linen as nn
import jax
import numpy as np
import optax
import tyro

import advnet
from advnet import games, reporting
from advnet.evaluation import probes
from advnet.modules import Concatenate, MLPDiscriminator, MLPGenerator

PRIOR = advnet.priors.uniform(20, half_width=1.0)
ADAM = optax.adam(5e-4, b1=0.5)
leaky = lambda x: nn.leaky_relu(x, 0.2)


def encoder() -> nn.Module:
    return MLPGenerator((20,), (1024, 1024), leaky, lambda z: z, batch_norm=True)


def bidirectional(images: np.ndarray, round_trip: float):
    """Networks as in BiGAN; R1 in place of D's batch norm, and the round trip costs."""
    game = games.bidirectional(
        MLPGenerator(images.shape[1:], (1024, 1024), batch_norm=True),
        encoder(),
        Concatenate(MLPDiscriminator((1024, 1024), leaky, noise=0.0)),
        PRIOR,
        loss=advnet.losses.non_saturating(),
        terms=[advnet.terms.r1(0.2), *advnet.terms.reconstruction(round_trip)],
    )
    algorithm, players = advnet.alternating(game, ADAM), ("generator", "encoder")
    return game, advnet.dynamics.averaged(algorithm, decay=0.999, players=players)


def regressor(game, num_steps: int):
    """A second encoder joins; it alone still moves."""
    objective = games.noise_prediction(PRIOR, player="regressor")
    game = games.join(game, "regressor", encoder(), objective)
    rate = optax.cosine_decay_schedule(1e-3, num_steps)
    return game, advnet.alternating(game, optax.adam(rate))


def main(
    data_dir: str | None = None,
    steps: int = 6_000,
    joined_steps: int = 6_000,
    search_steps: int = 300,
    round_trip: float = 0.5,
    seed: int = 0,
    figure: str = "",
):
    """Trains, prints the accuracies and returns them."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    train, _, test, *_ = data
    keys = jax.random.split(jax.random.key(seed), 4)
    batches = advnet.data.minibatches(train.x, 128, key=keys[0])
    game, algorithm = bidirectional(train.x, round_trip)
    state = jax.jit(algorithm.init)(keys[1], batches(0))
    finished = advnet.fit(algorithm, state, batches, num_steps=steps)
    late, algorithm = regressor(game, joined_steps)
    state = jax.jit(algorithm.init)(keys[2], batches(0))
    state = advnet.inherit(state, finished, average=True)
    state = advnet.fit(algorithm, state, batches, num_steps=joined_steps)

    by_encoder = lambda x: advnet.encode(game, finished, x, keys[3], average=True)
    by_regressor = lambda x: advnet.encode(late, state, x, keys[3])
    spaces = {"encoder": by_encoder, "joined later": by_regressor}
    result = {"pixels": probes.nearest_neighbour(*train, *test)}
    for name, space in spaces.items():
        codes = [np.asarray(jax.jit(space)(x)) for x in (train.x, test.x)]
        result[name] = probes.nearest_neighbour(codes[0], train.y, codes[1], test.y)
    inside = lambda z: jax.numpy.clip(z, -1, 1)
    search = games.invertible(late, PRIOR, num_steps=search_steps, project=inside)
    spaces["search"] = lambda x: advnet.encode(search, state, x, keys[3])
    rows = [test.x[:16]]
    for name, space in spaces.items():
        rows.append(advnet.apply(late, state, "generator", space(rows[0])))
        result[f"G(E(x)), {name}"] = float(np.mean((rows[-1] - rows[0]) ** 2))
    for name, value in result.items():
        print(f"{name:24} {value}")
    if figure:
        grid = reporting.image_grid(np.concatenate(rows), columns=16)
        reporting.save_image(figure, grid)
    return result


if __name__ == "__main__":
    tyro.cli(main)
