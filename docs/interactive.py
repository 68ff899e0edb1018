"""Numbers of the pictures to play with: `docs/_static/play_data.js`.

    python docs/interactive.py

Figure 1: a one-dimensional game, trained with one and with ten critic steps, with the
optimal critic and the divergence of `advnet.theory` at each frame. Bilinear game: the
path of each function of `advnet.dynamics` on min over x, max over y of x * y.
"""

import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from advnet import dynamics, games, losses, modules, priors, theory
from advnet.types import Game, Network, Variables

FILE = Path(__file__).parent / "_static" / "play_data.js"
MEAN, SD, X = 1.0, 0.7, np.linspace(-2.0, 4.0, 121)
FRAMES = [0, 1, 2, 4, 6, 9, 13, 18, 24, 32, 42, 54, 68, 84, 104, 130, 160, 200, 250]
FRAMES += [310, 380, 460, 560, 680, 820, 1_000, 1_250, 1_600, 2_000]
CRITIC_STEPS = (1, 10)
RATES, NUM_STEPS, START = (0.1, 0.3, 0.6), 60, (0.8, 0.0)


def bilinear_game():
    """Return the game min over x, max over y of x * y."""
    number = Network(
        lambda key: Variables(jnp.zeros(())),
        lambda variables, key, train: (variables.params, variables.state),
    )
    product = lambda play: play("x") * play("y")
    return Game(
        players={"x": number, "y": number},
        objectives={
            "x": lambda play, batch, key: (product(play), {}),
            "y": lambda play, batch, key: (-product(play), {}),
        },
        turns=(("y",), ("x",)),
    )


RULES = {
    "simultaneous": dynamics.simultaneous,
    "alternating": dynamics.alternating,
    "averaged": lambda game, optimizer: dynamics.averaged(
        dynamics.alternating(game, optimizer), decay=0.95, players=("x", "y")
    ),
    "extragradient": dynamics.extragradient,
    "optimistic": dynamics.optimistic,
    "consensus": lambda game, optimizer: dynamics.consensus(
        game, optimizer, weight=1.0
    ),
}


def path_of(make, rate):
    """Return the points (x, y) of NUM_STEPS steps from START, [NUM_STEPS + 1, 2]."""
    algorithm = make(bilinear_game(), optax.sgd(rate))
    batch = jnp.zeros((4, 1))
    state = algorithm.init(jax.random.key(0), batch)
    players = {}
    for (name, player), value in zip(state.players.items(), START, strict=True):
        params = jnp.float32(value)
        average = None if player.average is None else Variables(params)
        players[name] = dataclasses.replace(
            player, variables=Variables(params), average=average
        )
    state = dataclasses.replace(state, players=players)

    def point(state):
        variables = [p.average or p.variables for p in state.players.values()]
        return jnp.stack([v.params for v in variables])

    def step(state, _):
        state, _ = algorithm.train_step(state, batch)
        return state, point(state)

    _, points = jax.lax.scan(step, state, length=NUM_STEPS)
    return np.concatenate([np.asarray(point(state))[None], np.asarray(points)])


def draw_data(key, num):
    """Return examples of the data [num, 1]."""
    return MEAN + SD * jax.random.normal(key, (num, 1))


def density(game, state):
    """Return the density of the generator at X, from equally likely values of z."""
    z = jax.scipy.stats.norm.ppf((jnp.arange(200_000) + 0.5) / 200_000)
    samples = games.apply(game, state, "generator", z[:, None])
    cell = X[1] - X[0]
    edges = np.append(X - cell / 2, X[-1] + cell / 2)
    return np.histogram(np.asarray(samples), edges)[0] / (len(z) * cell)


def train_figure1(k):
    """Train the game of Figure 1 with k critic steps; return its frames."""
    player = modules.MLPGenerator(
        shape=(1,),
        hidden=(32, 32),
        activations=jnp.tanh,
        output=lambda x: x,
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    prior = priors.normal(1)
    game = games.gan(player, player, prior, loss=losses.non_saturating())
    optimizers = {"discriminator": optax.sgd(0.3), "generator": optax.sgd(0.05)}
    algorithm = dynamics.alternating(game, optimizers, k=k)
    train_step = jax.jit(algorithm.train_step)
    key = jax.random.key(1)
    state = algorithm.init(jax.random.key(0), draw_data(key, 256 * k))
    data = np.exp(-(((X - MEAN) / SD) ** 2) / 2) / (SD * np.sqrt(2 * np.pi))
    frames = []
    for step in range(FRAMES[-1] + 1):
        if step in FRAMES:
            generator = density(game, state)
            masses = (jnp.float32(d / d.sum()) for d in (data, generator))
            p, q = map(jnp.asarray, masses)
            logits = games.apply(game, state, "discriminator", np.float32(X)[:, None])
            z = np.linspace(-2.4, 2.4, 17, dtype=np.float32)[:, None]
            mapped = games.apply(game, state, "generator", z)[:, 0]
            optimum = theory.optimal_discriminator(p + 1e-12, q + 1e-12)
            frames.append(
                {
                    "step": step,
                    "generator": thousandths(generator),
                    "discriminator": thousandths(jax.nn.sigmoid(logits[:, 0])),
                    "optimum": thousandths(optimum),
                    "mapped": thousandths(mapped),
                    "jsd": round(float(theory.jensen_shannon(p, q)), 4),
                }
            )
        batch = draw_data(jax.random.fold_in(key, step), 256 * k)
        state, _ = train_step(state, batch)
    return {"data": thousandths(data), "z": thousandths(z[:, 0]), "frames": frames}


def thousandths(values):
    """Return values as integers, in units of 0.001."""
    return np.rint(1000 * np.asarray(values, np.float64)).astype(int).tolist()


def bilinear_paths():
    """Return the path of each rule and learning rate, in units of 0.001."""
    return {
        name: {str(rate): thousandths(path_of(make, rate)) for rate in RATES}
        for name, make in RULES.items()
    }


def main():
    """Compute all numbers and write the file."""
    figure1 = {str(k): train_figure1(k) for k in CRITIC_STEPS}
    content = {
        "figure1": {"x": thousandths(X), "k": figure1},
        "bilinear": bilinear_paths(),
    }
    text = json.dumps(content, separators=(",", ":"))
    FILE.write_text(f"window.ADVNET_PLAY = {text};\n")


if __name__ == "__main__":
    main()
