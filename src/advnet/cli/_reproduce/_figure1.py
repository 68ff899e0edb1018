"""Figure 1: a one-dimensional game in four states.

(a) a game under way; (b) D alone trained to its optimum for that G; (c) then G alone,
up D's slope; (d) the game of (a) at its end.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

from advnet import dynamics, games, losses, modules, priors, reporting, theory
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import Result
from advnet.reporting import Panel
from advnet.types import Algorithm, Game, State

_MEAN, _SD, _X = 1.0, 0.7, np.linspace(-2.0, 4.0, 601)
_BATCH, _K = 512, 10
_SHARE = {"tiny": 0.01, "paper": 1.0}  # of the steps


def figure1(options: Reproduce) -> Result:
    """Plays the four states; how far D is from its optimum, and the JSD it says."""
    steps = lambda num: max(1, int(num * _SHARE[options.scale]))
    key, game = jax.random.key(0), _game()
    both = _in_turns(game)
    start = jax.jit(both.init)(key, _draw(key, _BATCH * _K))
    a = _train(both, start, jax.random.key(1), steps(240), _BATCH * _K)
    b = _alone(game, a, "discriminator", jax.random.key(2), steps(5_000))
    c = _alone(game, b, "generator", jax.random.key(3), steps(2))
    d = _train(both, a, jax.random.key(4), steps(1_760), _BATCH * _K)
    seen = {f"({n})": _look(game, s) for n, s in zip("abcd", (a, b, c, d), strict=True)}
    panels = {name: panel for name, (panel, _) in seen.items()}
    return Result(
        {name: numbers for name, (_, numbers) in seen.items()},
        draw=lambda path: reporting.figure1(path, panels),
    )


def _draw(key: jax.Array, num: int) -> jax.Array:
    return _MEAN + _SD * jax.random.normal(key, (num, 1))


def _game() -> Game:
    player = modules.MLPGenerator(
        shape=(1,),
        hidden=(32, 32),
        activations=jnp.tanh,
        output=lambda x: x,
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    return games.gan(player, player, priors.normal(1), loss=losses.non_saturating())


def _in_turns(game: Game) -> Algorithm:
    sgd = lambda rate: optax.sgd(optax.cosine_decay_schedule(rate, 2_000, 0.1))
    optimizers = {"discriminator": sgd(0.3), "generator": sgd(0.05)}
    return dynamics.alternating(game, optimizers, k=_K)


def _alone(game: Game, state: State, who: str, key: jax.Array, steps: int) -> State:
    """One player by an Adam of its own: the same game, with a turn for one."""
    adam = optax.adam(optax.cosine_decay_schedule(3e-3, steps))
    algorithm = dynamics.alternating(game._replace(turns=((who,),)), adam)
    begun = algorithm.init(key, _draw(key, _BATCH))
    return _train(algorithm, dynamics.transfer(begun, state), key, steps, _BATCH)


@functools.partial(jax.jit, static_argnums=(0, 3, 4))
def _train(
    algorithm: Algorithm, state: State, key: jax.Array, num_steps: int, num: int
) -> State:
    step = lambda state, key: (algorithm.train_step(state, _draw(key, num))[0], None)
    return jax.lax.scan(step, state, jax.random.split(key, num_steps))[0]


def _look(game: Game, state: State) -> tuple[Panel, dict[str, float | None]]:
    """The state as a panel, and what D says beside what is true."""
    key = jax.random.key(0)
    judge = lambda x: games.apply(game, state, "discriminator", x)[:, 0]
    samples = np.asarray(games.sample(game, state, key, 400_000))[:, 0]
    cell = _X[1] - _X[0]
    counts, _ = np.histogram(samples, np.append(_X - cell / 2, _X[-1] + cell / 2))
    generator = np.convolve(counts, np.ones(5) / 5, "same") / (len(samples) * cell)
    data = np.exp(-(((_X - _MEAN) / _SD) ** 2) / 2) / (_SD * np.sqrt(2 * np.pi))
    logits = np.asarray(judge(jnp.float32(_X)[:, None]))
    z = np.linspace(-2.5, 2.5, 21, dtype=np.float32)
    mapped = np.asarray(games.apply(game, state, "generator", z[:, None]))[:, 0]
    panel = Panel(_X, data, generator, 1 / (1 + np.exp(-logits)), z, mapped)

    p, q = (jnp.asarray(d / d.sum(), jnp.float32) for d in (data, generator))
    seen = (data > 0.05) & (generator > 0.05)
    off = np.abs(logits - np.asarray(theory.optimal_logit(p, q)))[seen]
    drawn = games.sample(game, state, key, 50_000)
    real, fake = judge(_draw(key, 50_000)), judge(drawn)
    estimate = theory.estimate_jensen_shannon(real, fake)
    return panel, {
        "mean |logit - optimal|": float(off.mean()) if seen.any() else None,
        "JSD by D": estimate.value,
        "its standard error": estimate.standard_error,
        "JSD of the densities": float(theory.jensen_shannon(p, q)),
    }
