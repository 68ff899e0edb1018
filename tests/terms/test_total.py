"""Weights and schedules of terms."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import dynamics, games, hooks, losses, priors, terms
from advnet.types import Term

BATCH = jax.random.normal(jax.random.key(7), (16, 2))


def game(*game_terms, **options):
    return games.gan(
        nn.Dense(2),
        nn.Sequential([nn.Dense(4), nn.tanh, nn.Dense(1)]),
        priors.normal(3),
        loss=losses.non_saturating(),
        terms=game_terms,
        **options,
    )


def run(game, num_steps, optimizer=None):
    """The metrics of each step, and the last state."""
    algorithm = advnet.alternating(game, optimizer or optax.sgd(0.1))
    state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
    step, rows = jax.jit(algorithm.train_step), []
    for _ in range(num_steps):
        state, metrics = step(state, BATCH)
        rows.append(jax.device_get(metrics))
    return state, rows


def test_a_scheduled_weight_follows_a_half_cosine():
    schedule = optax.cosine_decay_schedule(2.0, 100)
    probe = Term("probe", "discriminator", lambda view: jnp.ones(()), schedule)
    value_at = lambda t: terms.total(
        [probe],
        "discriminator",
        terms.make_view(lambda x: x[:, 0], BATCH, BATCH, step=t),
    )[0]
    steps = jnp.arange(100)
    with jax.numpy_dtype_promotion("standard"):
        values = jax.jit(jax.vmap(value_at))(steps)
    expected = 1 + np.cos(np.pi * np.arange(100) / 100)
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.ci
def test_every_evaluates_at_multiples_with_n_times_the_weight():
    lazy = terms.every(terms.r1(0.5), 4)
    assert lazy.weight == 2.0
    _, rows = run(game(lazy), 9, optax.sgd(0.0))
    assert [row["discriminator/r1_count"] for row in rows] == [1, 0, 0, 0] * 2 + [1]
    values = [row["discriminator/r1"] for row in rows]
    assert all((v > 0) == (t % 4 == 0) for t, v in enumerate(values))
    _, plain = run(game(terms.r1(0.5)), 1, optax.sgd(0.0))
    np.testing.assert_allclose(values[0], plain[0]["discriminator/r1"], rtol=1e-6)


@pytest.mark.ci
def test_the_mean_gradient_of_a_lazy_penalty_is_the_plain_gradient():
    """With a frozen critic, over one period."""
    batch, key = BATCH, jax.random.key(3)
    optimizer = optax.sgd(1.0)

    def mean_gradient(term, num):
        a_game = game(term)
        algorithm = advnet.alternating(a_game, optimizer)
        state = jax.jit(algorithm.init)(jax.random.key(0), batch)
        name = "discriminator"

        @jax.jit
        def moved(step):
            players, _ = dynamics.update(
                a_game, {name: optimizer}, state.players, [name], batch, key, step=step
            )
            return players[name].variables.params

        before = state.players[name].variables.params
        after = [moved(jnp.int32(t)) for t in range(num)]
        mean = jax.tree.map(lambda *x: jnp.mean(jnp.stack(x), axis=0), *after)
        return jax.tree.map(lambda a, b: b - a, before, mean)

    lazy = mean_gradient(terms.every(terms.r1(0.5), 16), 16)
    plain = mean_gradient(terms.r1(0.5), 1)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), lazy, plain)


def test_a_term_that_starts_later_costs_nothing_before():
    late = terms.starting_at(terms.every(terms.r1(0.5), 2), 3)
    _, rows = run(game(late), 6)
    assert [row["discriminator/r1_count"] for row in rows] == [0, 0, 0, 0, 1, 0]


@pytest.mark.ci
def test_rows_hold_means_of_the_evaluations():
    lines, a_game = [], game(terms.every(terms.r1(0.5), 4))
    algorithm = advnet.alternating(a_game, optax.sgd(0.0))
    state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
    batches = lambda step: BATCH
    log = hooks.log(every=6, write=lines.append)
    advnet.fit(algorithm, state, batches, num_steps=12, hooks=[log])
    fused, log = [], hooks.log(every=6, write=lambda line: fused.append(line))
    advnet.fit(algorithm, state, batches, num_steps=12, hooks=[log], steps_per_call=3)
    assert "r1_count" not in lines[0]
    value = lambda line: float(line.split("discriminator/r1 ")[1].split()[0])
    _, rows = run(a_game, 1, optax.sgd(0.0))
    for line in lines + fused:
        assert value(line) == pytest.approx(rows[0]["discriminator/r1"], rel=1e-3)


def test_an_adversarial_weight_may_start_late():
    start = lambda step: jnp.where(step < 2, 0.0, 0.5)
    probe = terms.paired(lambda x: x, 1.0)
    _, rows = run(game(probe, weight=start), 4)
    weights = [float(row["generator/adversarial_weight"]) for row in rows]
    assert weights == [0, 0, 0.5, 0.5]


def test_a_balanced_weight_equals_the_ratio_of_gradient_norms():
    """Of a linear critic and a squared error, whose gradients are known."""
    slope = np.array([3.0, 4.0], np.float32)
    linear = (lambda key, x: jnp.zeros(()), lambda p, x: x @ slope + p)
    identity = (lambda key, z: jnp.zeros(()), lambda p, z: z + p)
    squared = lambda a, b: ((a - b) ** 2).sum(axis=1)
    balanced = games.gan(
        identity,
        linear,
        priors.normal(2),
        loss=losses.wasserstein(),
        terms=[terms.paired(lambda x: x, 2.0, cost=squared)],
        weight=games.Balance("paired", scale=0.8, epsilon=0.0),
    )
    algorithm = advnet.alternating(balanced, optax.sgd(0.0))
    state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
    _, metrics = jax.jit(algorithm.train_step)(state, BATCH)
    # Gradients at the output: 2 * 2 (fake - x) / m, and -slope / m for every example.
    error = metrics["generator/paired"] * 16  # sum of squares
    expected = 0.8 * 2 * 2 * np.sqrt(error) / 16 / (5 / np.sqrt(16))
    np.testing.assert_allclose(
        metrics["generator/adversarial_weight"], expected, rtol=1e-4
    )


def test_a_view_without_a_game_says_what_it_lacks():
    view = terms.make_view(lambda x: x[:, 0], BATCH, BATCH)
    term = terms.supervised(lambda x: (x,), lambda x: x)
    with pytest.raises(AttributeError, match="without a game"):
        view.play.ensure_initialized("generator", BATCH)
    with pytest.raises(TypeError):
        terms.total([term], "discriminator", view)
