"""Figure 1 of the paper from a real run: a one-dimensional game in four states.

    python examples/figure1.py --figure figure1.png

(a) a game under way; (b) D alone trained to its optimum for that G; (c) then G alone,
up D's slope; (d) the game of (a) at its end. Prints, for (b) and (d), how far D's
logits are from the optimal ones, and the Jensen-Shannon divergence that D estimates
beside the one computed from the densities.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import theory
from advnet.reporting import Panel, figure1

MEAN, SD, X = 1.0, 0.7, np.linspace(-2.0, 4.0, 601)
KEY = jax.random.key(0)


def draw(key: jax.Array, num: int = 512) -> jax.Array:
    return MEAN + SD * jax.random.normal(key, (num, 1))


def mlp() -> nn.Module:
    return nn.Sequential([nn.Dense(32), nn.tanh, nn.Dense(32), nn.tanh, nn.Dense(1)])


GAME = advnet.games.gan(
    mlp(), mlp(), advnet.priors.normal(1), loss=advnet.losses.non_saturating()
)
SGD = lambda rate: optax.sgd(optax.cosine_decay_schedule(rate, 2_000, 0.1))
OPTIMIZERS = {"discriminator": SGD(0.3), "generator": SGD(0.05)}
ALGORITHM = advnet.alternating(GAME, OPTIMIZERS, k=10)


@functools.partial(jax.jit, static_argnames=("who", "num_steps"))
def train(state, key, num_steps: int, who: str = ""):
    """Some steps of the game, or of one player alone, by an Adam of its own."""
    algorithm, num = ALGORITHM, 5_120
    if who:  # the same game, with a turn for one
        alone = optax.adam(optax.cosine_decay_schedule(3e-3, num_steps))
        algorithm = advnet.alternating(GAME._replace(turns=((who,),)), alone)
        num = 512
        state = advnet.inherit(algorithm.init(KEY, draw(KEY, num)), state)
    step = lambda state, key: (algorithm.train_step(state, draw(key, num))[0], None)
    return jax.lax.scan(step, state, jax.random.split(key, num_steps))[0]


def look(state) -> tuple[Panel, dict[str, float]]:
    """The state as a panel, and what D says beside what is true."""
    judge = lambda x: advnet.apply(GAME, state, "discriminator", x)[:, 0]
    samples = np.asarray(advnet.sample(GAME, state, KEY, 400_000))[:, 0]
    cell = X[1] - X[0]
    counts, _ = np.histogram(samples, np.append(X - cell / 2, X[-1] + cell / 2))
    generator = np.convolve(counts, np.ones(5) / 5, "same") / (len(samples) * cell)
    data = np.exp(-(((X - MEAN) / SD) ** 2) / 2) / (SD * np.sqrt(2 * np.pi))
    logits = np.asarray(judge(jnp.float32(X)[:, None]))
    z = np.linspace(-2.5, 2.5, 21, dtype=np.float32)
    mapped = np.asarray(advnet.apply(GAME, state, "generator", z[:, None]))[:, 0]
    panel = Panel(X, data, generator, 1 / (1 + np.exp(-logits)), z, mapped)

    p, q = (jnp.asarray(d / d.sum()) for d in (data, generator))
    seen = (data > 0.05) & (generator > 0.05)
    off = np.abs(logits - np.asarray(theory.optimal_logit(p, q)))[seen]
    drawn = advnet.sample(GAME, state, KEY, 50_000)
    estimate = theory.estimate_jensen_shannon(judge(draw(KEY, 50_000)), judge(drawn))
    return panel, {
        "mean |logit - optimal|": float(off.mean()),
        "JSD by D": estimate.value,
        "its standard error": estimate.standard_error,
        "JSD of the densities": float(theory.jensen_shannon(p, q)),
    }


def main(scale: float = 1.0, figure: str = ""):
    """Plays the four states, prints the numbers and returns them by state."""
    steps = lambda num: max(1, int(num * scale))
    start = jax.jit(ALGORITHM.init)(KEY, draw(KEY, 5_120))
    a = train(start, jax.random.key(1), steps(40))
    b = train(a, jax.random.key(2), steps(5_000), who="discriminator")
    c = train(b, jax.random.key(3), steps(4), who="generator")
    d = train(a, jax.random.key(4), steps(1_960))
    seen = {f"({n})": look(s) for n, s in zip("abcd", (a, b, c, d), strict=True)}
    for name in ("(b)", "(d)"):
        print(name, {key: round(value, 4) for key, value in seen[name][1].items()})
    if figure:
        figure1(figure, {name: panel for name, (panel, _) in seen.items()})
    return {name: numbers for name, (_, numbers) in seen.items()}


if __name__ == "__main__":
    tyro.cli(main)
