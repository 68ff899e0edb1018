"""Parts of the small runs that the diagnosis is tested on: training, data, players."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

import advnet
from advnet import losses, modules, priors
from advnet.types import Algorithm, Game, Network, Variables


class Run(NamedTuple):
    """Arguments of `diagnose` for one run."""

    metrics: dict[str, np.ndarray]
    samples: np.ndarray
    data: np.ndarray
    held_out: np.ndarray
    output_range: tuple[float, float] | None


def train_runs(
    game: Game,
    algorithm: Algorithm,
    draw: Callable[[jax.Array, int], jax.Array],
    stops: Sequence[int],
    *,
    batch: int = 64,
    num_seeds: int = 3,
    train: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
    spoil: Callable = lambda batch, step: batch,
    average: bool = False,
) -> list[list[Run]]:
    """Train several seeds in parallel and record them at every stop.

    Returns:
      One list per stop, with one run per seed.
    """

    def train_seed(key):
        init_key, data_key, sample_key = jax.random.split(key, 3)
        state = algorithm.init(init_key, draw(init_key, batch))

        def step(state, _):
            key = jax.random.fold_in(data_key, state.step)
            return algorithm.train_step(state, spoil(draw(key, batch), state.step))

        parts, records = [], []
        for start, stop in zip([0, *stops], stops, strict=False):
            state, metrics = jax.lax.scan(step, state, length=stop - start)
            parts.append(metrics)
            samples = advnet.sample(game, state, sample_key, 500, average=average)
            metrics = jax.tree.map(lambda *x: jnp.concatenate(x), *parts)
            records.append((metrics, samples))
        return records

    keys = jax.random.split(jax.random.key(0), num_seeds)
    records = jax.tree.map(np.asarray, jax.jit(jax.vmap(train_seed))(keys))
    if train is None:
        train, held_out = (np.asarray(draw(jax.random.key(s), 1_000)) for s in (1, 2))
    output_range = game.players["generator"].output_range
    return [
        [
            Run(
                {name: column[seed] for name, column in metrics.items()},
                samples[seed],
                train,
                held_out,
                output_range,
            )
            for seed in range(num_seeds)
        ]
        for metrics, samples in records
    ]


# Data: draw(key, num) -> [num, ...].

ANGLES, LINE = np.arange(8) * np.pi / 4, np.arange(-2.0, 3.0)
RING = 1.3 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1)
GRID = np.stack(np.meshgrid(LINE, LINE), axis=-1).reshape(25, 2)


def mixture(means: np.ndarray, sd: float, key: jax.Array, num: int) -> jax.Array:
    mode_key, noise_key = jax.random.split(key)
    centers = jax.random.choice(mode_key, jnp.float32(means), (num,))
    return centers + sd * jax.random.normal(noise_key, (num, 2))


ring = functools.partial(mixture, RING, 0.05)
grid = functools.partial(mixture, GRID, 0.05)


def moons(key: jax.Array, num: int) -> jax.Array:
    angle_key, side_key, noise_key = jax.random.split(key, 3)
    angle = jnp.pi * jax.random.uniform(angle_key, (num,))
    x = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    side = jax.random.bernoulli(side_key, shape=(num, 1))
    x = jnp.where(side, jnp.array([[1.0, 0.5]]) - x, x) - jnp.array([[0.5, 0.25]])
    return x + 0.05 * jax.random.normal(noise_key, (num, 2))


def table(key: jax.Array, num: int) -> jax.Array:
    """Draw six standardized columns: correlated, skewed, bounded, and binary ones."""
    z = jax.random.normal(key, (num, 6))
    mixed = z @ jnp.float32(np.linalg.cholesky(0.4 + 0.6 * np.eye(6)).T)
    a, b, c, d, e, f = mixed.T
    columns = [a, b, (jnp.exp(c / 2) - 1.13) / 0.6, jnp.tanh(d) / 0.63, e, jnp.sign(f)]
    return jnp.stack(columns, axis=1)


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    dataset = advnet.data.mnist_5k()
    return dataset.train.x, np.concatenate([dataset.valid.x, dataset.test.x])


def sampler(x: np.ndarray) -> Callable[[jax.Array, int], jax.Array]:
    """Return a function that draws rows of `x`."""
    return lambda key, num: jax.random.choice(key, jnp.asarray(x), (num,))


def train_on_digits(game: Game, algorithm: Algorithm, stops: Sequence[int], **options):
    x, held_out = digits()
    options = {"train": x, "held_out": held_out} | options
    return train_runs(game, algorithm, sampler(x), stops, **options)


def nan_at(step: int) -> Callable:
    """Return a `spoil` function that replaces the batch of one step by NaN."""
    return lambda x, now: jnp.where(now == step, jnp.nan, x)


# Players.


def mlp(outputs: int, units: int = 64, depth: int = 2, activation=nn.relu, last=None):
    dense = functools.partial(nn.Dense, kernel_init=nn.initializers.he_normal())
    layers = [layer for _ in range(depth) for layer in (dense(units), activation)]
    return nn.Sequential([*layers, dense(outputs), *([last] if last else [])])


leaky = functools.partial(mlp, 1, activation=lambda x: nn.leaky_relu(x, 0.2))
adam = functools.partial(optax.adam, b1=0.5)
non_saturating, saturating = losses.non_saturating(), losses.minimax()


def rates(generator: float, discriminator: float):
    return {"generator": adam(generator), "discriminator": adam(discriminator)}


def constant_generator(shape: tuple[int, ...]) -> Network:
    """Build a generator that ignores its noise, G(z) = b."""
    return Network(
        lambda key, z: Variables(0.1 * jax.random.normal(key, shape)),
        lambda v, z, **_: (jnp.broadcast_to(v.params, (len(z), *shape)), ()),
    )


def shifting_generator(shape: tuple[int, ...]) -> Network:
    """Build the generator G(z) = z + b."""
    return Network(
        lambda key, z: Variables(jnp.zeros(shape)),
        lambda v, z, **_: (v.params[None] + z.reshape(-1, *shape), ()),
    )


def constant_critic() -> Network:
    """Build a critic that ignores its input, D(x) = b."""
    return Network(
        lambda key, x: Variables(jnp.zeros(())),
        lambda v, x, **_: (jnp.broadcast_to(v.params, (len(x),)), ()),
    )


def linear_critic() -> Network:
    """Build the critic D(x) = w · x."""

    def init(key, x):
        return Variables(0.1 * jax.random.normal(key, x.shape[1:]))

    def apply(v, x, **_):
        return (x * v.params[None]).reshape(len(x), -1).sum(axis=1), ()

    return Network(init, apply)


# Games.


def point_game(
    loss, penalties=(), *, outputs=2, critic=None, generator=None, noise=4
) -> Game:
    """Build a game of two multilayer perceptrons on points."""
    players = generator or mlp(outputs), critic or leaky()
    return advnet.games.gan(*players, priors.normal(noise), loss=loss, terms=penalties)


def image_game(loss, penalties=(), *, critic=None, generator=None, units=128) -> Game:
    """Build a game of two small multilayer perceptrons on digits."""
    return advnet.games.gan(
        generator or modules.MLPGenerator(shape=(28, 28, 1), hidden=(units, units)),
        critic or modules.MLPDiscriminator(hidden=(units, units)),
        priors.uniform(32),
        loss=loss,
        terms=penalties,
    )


def reverse_turns(game: Game) -> Game:
    """Make the generator the player that `alternating` updates k times."""
    return game._replace(turns=game.turns[::-1])
