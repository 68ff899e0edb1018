"""Ways to move, compared: a ring of eight Gaussians at equal gradient evaluations.

    python examples/dynamics.py
    python examples/dynamics.py --evaluations 60000 --seeds 10 --figure dynamics.png

The mixture of Metz et al. 2017, without penalties or averages, so that the dynamics
alone are seen. An evaluation is one player's gradient on one minibatch; a derivative of
a gradient counts as two more. Of 2,500 samples those within 3 sd of a mode are good; a
seed has collapsed if it finds fewer than half of the modes.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import dynamics, reporting
from advnet.evaluation import modes

ANGLES = np.arange(8) * np.pi / 4
MODES, SD = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1), 0.02
CRITIC_FIRST = 2_000  # steps, in the schedule of k
ADAM = functools.partial(optax.adam, b1=0.5, eps_root=1e-12)
SLOW = ADAM(1e-4)
TWO_SCALES = {"generator": SLOW, "discriminator": ADAM(4e-4)}
fewer = lambda step: jnp.where(step < CRITIC_FIRST, 5, 1)

# Name: dynamics, evaluations a step, critic minibatches a step.
TABLE = {
    "simultaneous": (lambda g: dynamics.simultaneous(g, SLOW), 2, 1),
    "alternating, k=1": (lambda g: dynamics.alternating(g, SLOW), 2, 1),
    "alternating, k=5": (lambda g: dynamics.alternating(g, SLOW, k=5), 6, 5),
    "k from 5 to 1": (lambda g: dynamics.alternating(g, SLOW, k=5, k_at=fewer), 2, 5),
    "two time scales": (lambda g: dynamics.alternating(g, TWO_SCALES), 2, 1),
    "extragradient": (lambda g: dynamics.extragradient(g, SLOW), 4, 1),
    "optimistic": (lambda g: dynamics.optimistic(g, SLOW), 2, 1),
    "consensus": (lambda g: dynamics.consensus(g, SLOW, weight=1.0), 6, 1),
    "unrolled, k=5": (lambda g: dynamics.unrolled(g, SLOW, k=5), 17, 1),
}


def steps_within(evaluations: int, name: str) -> int:
    """How many steps a dynamics can take."""
    early = min(evaluations // 6, CRITIC_FIRST) if name == "k from 5 to 1" else 0
    return early + (evaluations - 6 * early) // TABLE[name][1]


def draw(key: jax.Array, num: int) -> jax.Array:
    mode_key, noise_key = jax.random.split(key)
    means = jax.random.choice(mode_key, jnp.float32(MODES), (num,))
    return means + SD * jax.random.normal(noise_key, (num, 2))


def train(key: jax.Array, name: str, num_steps: int) -> jax.Array:
    """One seed, from initialization to 2,500 samples."""
    make, _, minibatches = TABLE[name]
    dense = functools.partial(nn.Dense, kernel_init=nn.initializers.orthogonal(0.8))
    hidden = [dense(128), nn.tanh, dense(128), nn.tanh]
    players = (nn.Sequential([*hidden, dense(units)]) for units in (2, 1))
    loss = advnet.losses.non_saturating()
    game = advnet.games.gan(*players, advnet.priors.normal(64), loss=loss)
    algorithm = make(game)
    init_key, data_key, sample_key = jax.random.split(key, 3)
    batch = lambda key: draw(key, 128 * minibatches)
    step = lambda state, key: (algorithm.train_step(state, batch(key))[0], None)
    keys = jax.random.split(data_key, num_steps)
    state, _ = jax.lax.scan(step, algorithm.init(init_key, batch(keys[0])), keys)
    return advnet.sample(game, state, sample_key, 2_500)


def score(samples: np.ndarray) -> tuple[float, float]:
    """Modes found and the share of good samples, in %."""
    found = modes.of_mixture(samples, MODES, SD)
    return found.found, 100 * found.quality


def main(evaluations: int = 60_000, seeds: int = 10, figure: str = ""):
    """Trains every row, prints the table and returns it by name, [seeds, 2]."""
    keys, table, samples = jax.random.split(jax.random.key(0), seeds), {}, {}
    print(f"{'':18} {'steps':>7} {'modes':>6} {'good %':>7} {'collapsed':>10}")
    for name in TABLE:
        num_steps = steps_within(evaluations, name)
        one = functools.partial(train, name=name, num_steps=num_steps)
        samples[name] = np.asarray(jax.jit(jax.vmap(one))(keys))
        table[name] = np.array([score(x) for x in samples[name]])
        found, good = table[name].T
        row = f"{name:18} {num_steps:7} {found.mean():6.1f} {good.mean():7.1f}"
        print(f"{row} {np.sum(found < 4):4} of {seeds}")
    if figure:
        reporting.scatter(figure, {name: x[0] for name, x in samples.items()})
    return table


if __name__ == "__main__":
    tyro.cli(main)
