"""Three methods that infer the noise z of a digit.

    python examples/inference.py --figure inference.png

1. A bidirectional GAN trains an encoder of noisy digits together with the generator.
   The reconstruction G(E(x)) has a term too (ALICE; without the term: BiGAN).
2. A second encoder learns from samples of the trained, frozen generator (section 7.2).
3. Gradient descent searches for z.
Encoders are scored by the label of the training digit that is nearest in z.
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
cosine = optax.cosine_decay_schedule
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
    """Build the networks of BiGAN, with R1 in place of batch normalization in D."""
    game = games.bidirectional(
        MLPGenerator(images.shape[1:], (1024, 1024), batch_norm=True),
        Encoder(),
        Concatenate(MLPDiscriminator((1024, 1024), leaky, noise=0.0)),
        PRIOR,
        loss=advnet.losses.non_saturating(),
        terms=[advnet.terms.r1(0.2), *advnet.terms.reconstruction(10.0, cost=distance)],
    )
    algorithm = advnet.alternating(game, optax.adam(cosine(5e-4, num_steps), b1=0.5))
    return game, advnet.averaged(algorithm, players=("generator", "encoder"))


def main(
    data_dir: str | None = None,
    steps: int = 6_000,
    joined_steps: int = 6_000,
    search_steps: int = 300,
    seed: int = 0,
    figure: str = "",
):
    """Train on the digits outside the test split, print results and return them."""
    train, valid, test, *_ = data.mnist(data_dir) if data_dir else data.mnist_5k()
    train = jax.tree.map(lambda *parts: np.concatenate(parts), train, valid)
    keys = jax.random.split(jax.random.key(seed), 4)
    batches = data.on_device(data.minibatches(train.x, 128, key=keys[0]))
    game, algorithm = bidirectional(train.x, steps)
    state = algorithm.init(keys[1], batches(0))
    joint = fit(algorithm, state, batches, num_steps=steps)
    objective = games.noise_prediction(PRIOR, player="regressor")
    extended = games.add_player(game, "regressor", Encoder(), objective)
    algorithm = advnet.alternating(extended, optax.adam(cosine(1e-3, joined_steps)))
    state = algorithm.init(keys[2], batches(0))
    state = advnet.transfer(state, joint, average=True)
    state = fit(algorithm, state, batches, num_steps=joined_steps)

    spaces = {
        "joint encoder": lambda x: advnet.encode(game, joint, x, keys[3], average=True),
        "added encoder": lambda x: advnet.encode(extended, state, x, keys[3]),
    }
    result = {"pixels": probes.nearest_neighbor(*train, *test)}
    for name, space in spaces.items():
        codes = [np.asarray(jax.jit(space)(x)) for x in (train.x, test.x)]
        result[name] = probes.nearest_neighbor(codes[0], train.y, codes[1], test.y)
    clip = lambda z: jax.numpy.clip(z, -1, 1)
    search = games.with_inversion(extended, PRIOR, num_steps=search_steps, project=clip)
    spaces["search"] = lambda x: advnet.encode(search, state, x, keys[3])
    rows = [test.x[:16]]
    for name, space in spaces.items():
        rows.append(advnet.apply(extended, state, "generator", space(rows[0])))
        result[f"G(E(x)), {name}"] = float(np.mean((rows[-1] - rows[0]) ** 2))
    print(*(f"{name:24} {value}" for name, value in result.items()), sep="\n")
    if figure:
        grid = reporting.image_grid(np.concatenate(rows), columns=16)
        reporting.save_image(figure, grid)
    return result


if __name__ == "__main__":
    tyro.cli(main)
