"""Comparison of dynamics on a ring of eight Gaussians, at equal gradient evaluations.

    python examples/dynamics.py
    python examples/dynamics.py --evaluations 60000 --seeds 10 --figure dynamics.png

The data are the mixture of Metz et al. 2017. There are no penalties and no averages, so
that only the dynamics differ. An evaluation is the gradient of one player on one
mini-batch; the derivative of a gradient counts as two more. Of 2,500 samples those
within 3 sd of a mode are good. A seed has collapsed if it covers fewer than four modes.
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
EARLY_STEPS = 2_000  # steps with k = 5, in the schedule of k
ADAM = functools.partial(optax.adam, b1=0.5, eps_root=1e-12)
SLOW = ADAM(1e-4)
TWO_SCALES = {"generator": SLOW, "discriminator": ADAM(4e-4)}
k_at = lambda step: jnp.where(step < EARLY_STEPS, 5, 1)

# Name: dynamics, evaluations per step, critic mini-batches per step.
TABLE = {
    "simultaneous": (lambda g: dynamics.simultaneous(g, SLOW), 2, 1),
    "alternating, k=1": (lambda g: dynamics.alternating(g, SLOW), 2, 1),
    "alternating, k=5": (lambda g: dynamics.alternating(g, SLOW, k=5), 6, 5),
    "k from 5 to 1": (lambda g: dynamics.alternating(g, SLOW, k=5, k_at=k_at), 2, 5),
    "two time scales": (lambda g: dynamics.alternating(g, TWO_SCALES), 2, 1),
    "extragradient": (lambda g: dynamics.extragradient(g, SLOW), 4, 1),
    "optimistic": (lambda g: dynamics.optimistic(g, SLOW), 2, 1),
    "consensus": (lambda g: dynamics.consensus(g, SLOW, weight=1.0), 6, 1),
    "unrolled, k=5": (lambda g: dynamics.unrolled(g, SLOW, k=5), 17, 1),
}


def steps_within(evaluations: int, name: str) -> int:
    """Return the number of steps that need a number of evaluations."""
    early = min(evaluations // 6, EARLY_STEPS) if name == "k from 5 to 1" else 0
    return early + (evaluations - 6 * early) // TABLE[name][1]


def draw(key: jax.Array, num: int) -> jax.Array:
    mode_key, noise_key = jax.random.split(key)
    means = jax.random.choice(mode_key, jnp.float32(MODES), (num,))
    return means + SD * jax.random.normal(noise_key, (num, 2))


def train(key: jax.Array, name: str, num_steps: int) -> jax.Array:
    """Train one seed and return 2,500 samples."""
    build, _, minibatches = TABLE[name]
    dense = functools.partial(nn.Dense, kernel_init=nn.initializers.orthogonal(0.8))
    hidden = [dense(128), nn.tanh, dense(128), nn.tanh]
    players = (nn.Sequential([*hidden, dense(units)]) for units in (2, 1))
    loss = advnet.losses.non_saturating()
    game = advnet.games.gan(*players, advnet.priors.normal(64), loss=loss)
    algorithm = build(game)
    init_key, data_key, sample_key = jax.random.split(key, 3)
    batch = lambda key: draw(key, 128 * minibatches)
    step = lambda state, key: (algorithm.train_step(state, batch(key))[0], None)
    keys = jax.random.split(data_key, num_steps)
    state, _ = jax.lax.scan(step, algorithm.init(init_key, batch(keys[0])), keys)
    return advnet.sample(game, state, sample_key, 2_500)


def score(samples: np.ndarray) -> tuple[float, float]:
    """Return the number of covered modes and the share of good samples, in %."""
    result = modes.of_mixture(samples, MODES, SD)
    return result.num_covered, 100 * result.quality.value


def main(evaluations: int = 60_000, seeds: int = 10, figure: str = ""):
    """Train every row, print the table and return it by name, [seeds, 2]."""
    keys, table, samples = jax.random.split(jax.random.key(0), seeds), {}, {}
    print(f"{'':18} {'steps':>7} {'modes':>6} {'good %':>7} {'collapsed':>10}")
    for name in TABLE:
        num_steps = steps_within(evaluations, name)
        train_seed = functools.partial(train, name=name, num_steps=num_steps)
        samples[name] = np.asarray(jax.jit(jax.vmap(train_seed))(keys))
        table[name] = np.array([score(x) for x in samples[name]])
        covered, good = table[name].T
        row = f"{name:18} {num_steps:7} {covered.mean():6.1f} {good.mean():7.1f}"
        print(f"{row} {np.sum(covered < 4):4} of {seeds}")
    if figure:
        reporting.scatter(figure, {name: x[0] for name, x in samples.items()})
    return table


if __name__ == "__main__":
    tyro.cli(main)
