"""Translation between two data sets without paired examples: CycleGAN.

    python examples/cycle.py --figure cycle.png

The two data sets are points on two arcs, without pairs. Each of two translators is
trained against the critic of its target arc, and to invert the other translator. The
example prints the distance of translated points from the target arc, how well they
cover the arc, and the error of a round trip.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import matplotlib.figure
import numpy as np
import optax
import tyro

import advnet
from advnet import losses, terms

WIDTH, CENTER = 0.05, np.array([[1.0, 0.5]])


def draw(key: jax.Array, num: int = 256) -> tuple[jax.Array, jax.Array]:
    """Draw points of the upper and of the lower arc, unpaired, [num, 2] each."""
    angle_key, noise_key = jax.random.split(key)
    angle = jnp.pi * jax.random.uniform(angle_key, (2, num))
    arcs = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=2)
    arcs = arcs + WIDTH * jax.random.normal(noise_key, arcs.shape)
    return arcs[0], jnp.float32(CENTER) - arcs[1]


def mlp(units: int) -> nn.Module:
    return nn.Sequential(
        [nn.Dense(64), nn.gelu, nn.Dense(64), nn.gelu, nn.Dense(units)]
    )


def train(key: jax.Array, num_steps: int):
    penalties = [terms.r1(0.02, player=name) for name in ("critic_a", "critic_b")]
    game = advnet.games.cycle(
        forward=mlp(2),
        backward=mlp(2),
        critic_a=mlp(1),
        critic_b=mlp(1),
        loss=losses.non_saturating(),
        weight=2.0,
        terms=penalties,
    )
    rate = optax.linear_schedule(2e-3, 0.0, num_steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
    step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
    init_key, data_key = jax.random.split(key)
    keys = jax.random.split(data_key, num_steps)
    state = algorithm.init(init_key, draw(keys[0]))
    return game, jax.jit(lambda state: jax.lax.scan(step, state, keys)[0])(state)


def main(steps: int = 6_000, seed: int = 0, figure: str = ""):
    """Train, print the four numbers and return them by name."""
    game, state = train(jax.random.key(seed), steps)
    a, b = draw(jax.random.key(seed + 1), 2_000)
    translated = advnet.apply(game, state, "forward", a)
    restored = advnet.apply(game, state, "backward", translated)
    offsets = CENTER - np.asarray(translated)
    angles = np.arctan2(offsets[:, 1], offsets[:, 0])
    shares = np.histogram(angles, bins=10, range=(0, np.pi))[0] / len(angles)
    distance = np.abs(np.linalg.norm(offsets, axis=1) - 1).mean()
    result = {
        "distance from the arc": float(distance),
        "distance of real points": float(
            np.abs(np.linalg.norm(CENTER - np.asarray(b), axis=1) - 1).mean()
        ),
        "share of the emptiest tenth": float(shares.min()),
        "error of a round trip": float(np.linalg.norm(restored - a, axis=1).mean()),
    }
    for name, value in result.items():
        print(f"{name:28} {value:.3f}")
    if figure:  # a translated point has the color of its source
        canvas = matplotlib.figure.Figure((7, 3.5), layout="constrained")
        left, right = canvas.subplots(1, 2, sharex=True, sharey=True)
        left.scatter(*np.asarray(a).T, s=4, c=a[:, 0], cmap="viridis")
        left.set_title("a")
        right.scatter(*np.asarray(b).T, s=4, c="lightgray")
        right.scatter(*np.asarray(translated).T, s=4, c=a[:, 0], cmap="viridis")
        right.set_title("F(a) over b")
        canvas.savefig(figure)
    return result


if __name__ == "__main__":
    tyro.cli(main)
