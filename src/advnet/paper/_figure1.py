"""Figure 1: a one-dimensional game in four states.

(a) a game during training; (b) D alone trained to its optimum for that G; (c) G alone
trained for two steps along D's gradient; (d) the game of (a) at its end.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from advnet import dynamics, games, losses, modules, priors, reporting, terms, theory
from advnet.paper._result import Result
from advnet.paper._settings import Settings
from advnet.reporting import Panel
from advnet.types import Algorithm, Game, State

_MEAN, _SD, _X = 1.0, 0.7, np.linspace(-2.0, 4.0, 601)
_BATCH_SIZE, _K = 512, 10
_NUM_STEPS, _STEPS_OF_A = 4_000, 240
_RATES = {"discriminator": 2e-3, "generator": 5e-4}
_PENALTY = 0.01  # of R1 and of R2: without them some seeds never come to rest
_MIN_DENSITY = 0.05  # where D is compared with its optimum
_MASS = 0.99  # of the data, where D is compared with 1/2


class Measurement(NamedTuple):
    """Numbers of one state of the game.

    Attributes:
      logit_error: Mean absolute difference of D's logit from the optimal logit, where
        both densities exceed .05; None if they do so nowhere.
      estimated_jsd: Jensen-Shannon divergence estimated from D, in nats.
      standard_error: Standard error of that estimate.
      density_jsd: Jensen-Shannon divergence of the densities, in nats.
      total_variation: Total variation distance of the densities, in [0, 1].
      distance_from_half: Largest distance of D from 1/2 in the central interval that
        holds 99 % of the data.
    """

    logit_error: float | None
    estimated_jsd: float
    standard_error: float
    density_jsd: float
    total_variation: float
    distance_from_half: float


def figure1(settings: Settings) -> Result:
    """Train the four states for each seed, and measure D against its optimum.

    Both scales are the same game, because it takes seconds. The picture is of seed 0.
    """
    game = _game()
    together = _alternating(_game(_PENALTY))
    a, d = _train_together(together, 0)
    b = _train_alone(game, a, "discriminator", jax.random.key(2), 5_000)
    c = _train_alone(game, b, "generator", jax.random.key(3), 2)
    states = {"(a)": a, "(b)": b, "(c)": c, "(d)": d}
    for seed in range(1, settings.seeds):
        states[f"(d), seed {seed}"] = _train_together(together, seed)[1]
    panels = {name: _panel(game, state) for name, state in states.items()}
    numbers = {
        name: _measure(game, state, panels[name])._asdict()
        for name, state in states.items()
    }
    first = {name: panels[name] for name in ("(a)", "(b)", "(c)", "(d)")}
    return Result(numbers, draw=lambda path: reporting.figure1(path, first))


def _train_together(algorithm: Algorithm, seed: int) -> tuple[State, State]:
    """Return the states (a) and (d) of a seed."""
    init, *keys = jax.random.split(jax.random.key(seed), 3)
    size = _BATCH_SIZE * _K
    start = jax.jit(algorithm.init)(init, _draw_data(init, size))
    a = _train(algorithm, start, keys[0], _STEPS_OF_A, size)
    return a, _train(algorithm, a, keys[1], _NUM_STEPS - _STEPS_OF_A, size)


def _draw_data(key: jax.Array, num: int) -> jax.Array:
    return _MEAN + _SD * jax.random.normal(key, (num, 1))


def _game(penalty: float = 0.0) -> Game:
    player = modules.MLPGenerator(
        shape=(1,),
        hidden=(32, 32),
        activations=jnp.tanh,
        output=lambda x: x,
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    penalties = [terms.r1(penalty), terms.r2(penalty)] if penalty else []
    loss = losses.non_saturating()
    return games.gan(player, player, priors.normal(1), loss=loss, terms=penalties)


def _alternating(game: Game) -> Algorithm:
    updates = {"discriminator": _K, "generator": 1}  # in each step of the game
    optimizers = {
        player: optax.adam(
            optax.cosine_decay_schedule(rate, updates[player] * _NUM_STEPS),
            b1=0.0,
            b2=0.99,
        )
        for player, rate in _RATES.items()
    }
    return dynamics.alternating(game, optimizers, k=_K)


def _train_alone(
    game: Game, state: State, player: str, key: jax.Array, num_steps: int
) -> State:
    """Train one player with Adam and without penalties."""
    adam = optax.adam(optax.cosine_decay_schedule(3e-3, num_steps))
    algorithm = dynamics.alternating(game._replace(turns=((player,),)), adam)
    start = algorithm.init(key, _draw_data(key, _BATCH_SIZE))
    start = dynamics.transfer(start, state)
    return _train(algorithm, start, key, num_steps, _BATCH_SIZE)


@functools.partial(jax.jit, static_argnums=(0, 3, 4))
def _train(
    algorithm: Algorithm, state: State, key: jax.Array, num_steps: int, num: int
) -> State:
    def step(state: State, key: jax.Array) -> tuple[State, None]:
        return algorithm.train_step(state, _draw_data(key, num))[0], None

    return jax.lax.scan(step, state, jax.random.split(key, num_steps))[0]


def _logits(game: Game, state: State, x: jax.Array) -> jax.Array:
    return games.apply(game, state, "discriminator", x)[:, 0]


def _panel(game: Game, state: State) -> Panel:
    """Estimate the densities, D's curve and the map from z to x."""
    key = jax.random.key(0)
    samples = np.asarray(games.sample(game, state, key, 400_000))[:, 0]
    cell = _X[1] - _X[0]
    counts, _ = np.histogram(samples, np.append(_X - cell / 2, _X[-1] + cell / 2))
    generator = np.convolve(counts, np.ones(5) / 5, "same") / (len(samples) * cell)
    data = np.exp(-(((_X - _MEAN) / _SD) ** 2) / 2) / (_SD * np.sqrt(2 * np.pi))
    logits = np.asarray(_logits(game, state, jnp.float32(_X)[:, None]))
    z = np.linspace(-2.5, 2.5, 21, dtype=np.float32)
    mapped = np.asarray(games.apply(game, state, "generator", z[:, None]))[:, 0]
    return Panel(_X, data, generator, 1 / (1 + np.exp(-logits)), z, mapped)


def _measure(game: Game, state: State, panel: Panel) -> Measurement:
    """Compare D with its optimum, and its divergence with the densities'."""
    key = jax.random.key(0)
    densities = panel.data, panel.generator
    p, q = (jnp.asarray(d / d.sum(), jnp.float32) for d in densities)
    logits = np.asarray(_logits(game, state, jnp.float32(_X)[:, None]))
    compared = (panel.data > _MIN_DENSITY) & (panel.generator > _MIN_DENSITY)
    errors = np.abs(logits - np.asarray(theory.optimal_logit(p, q)))[compared]
    fake = games.sample(game, state, key, 50_000)
    estimate = theory.estimate_jensen_shannon(
        _logits(game, state, _draw_data(key, 50_000)), _logits(game, state, fake)
    )
    cell = panel.x[1] - panel.x[0]
    below = np.cumsum(panel.data) * cell
    inside = np.abs(panel.data - panel.generator).sum() * cell
    outside = 1 - panel.generator.sum() * cell
    central = np.abs(below - 0.5) < _MASS / 2
    return Measurement(
        logit_error=float(errors.mean()) if compared.any() else None,
        estimated_jsd=estimate.value,
        standard_error=estimate.standard_error,
        density_jsd=float(theory.jensen_shannon(p, q)),
        total_variation=float((inside + outside) / 2),
        distance_from_half=float(np.abs(panel.discriminator - 0.5)[central].max()),
    )
