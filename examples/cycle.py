"""Translation between two kinds of data without a single pair: CycleGAN.

    python examples/cycle.py --figure cycle.png

The kinds are points on two arcs. Nobody says which point belongs to which; two
translators must fool the critic of the other side and undo each other. Prints how far
translated points are from the arc they should be on, how well the arc is covered, and
what a round trip loses.
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

WIDTH, CENTRE = 0.05, np.array([[1.0, 0.5]])


def draw(key: jax.Array, num: int = 256) -> tuple[jax.Array, jax.Array]:
    """Points of the upper arc and of the lower one, unpaired, [num, 2] each."""
    angle_key, noise_key = jax.random.split(key)
    angle = jnp.pi * jax.random.uniform(angle_key, (2, num))
    arcs = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=2)
    arcs = arcs + WIDTH * jax.random.normal(noise_key, arcs.shape)
    return arcs[0], jnp.float32(CENTRE) - arcs[1]


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
    """Trains, prints the three numbers and returns them."""
    game, state = train(jax.random.key(seed), steps)
    a, b = draw(jax.random.key(seed + 1), 2_000)
    translated = advnet.apply(game, state, "forward", a)
    again = advnet.apply(game, state, "backward", translated)
    spokes = CENTRE - np.asarray(translated)
    angles = np.arctan2(spokes[:, 1], spokes[:, 0])
    shares = np.histogram(angles, bins=10, range=(0, np.pi))[0] / len(angles)
    off = np.abs(np.linalg.norm(spokes, axis=1) - 1).mean()
    result = {
        "distance from the arc": float(off),
        "the same of real points": float(
            np.abs(np.linalg.norm(CENTRE - np.asarray(b), axis=1) - 1).mean()
        ),
        "share of the emptiest tenth": float(shares.min()),
        "lost by a round trip": float(np.linalg.norm(again - a, axis=1).mean()),
    }
    for name, value in result.items():
        print(f"{name:28} {value:.3f}")
    if figure:  # a point keeps the color of where it came from
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
