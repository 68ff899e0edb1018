"""Gradient accumulation equals the full batch where examples do not interact."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import dynamics, games, losses, modules
from advnet.types import Comparison

X = np.random.default_rng(0).normal(size=(24, 6)).astype(np.float32)


def make_game(loss):
    """A game whose noise is part of the batch, so that parts get the same noise."""

    def compare(play, batch, key):
        x, z = batch[:, :2], batch[:, 2:]
        return Comparison(real=(x,), fake=(play("generator", z),))

    players = {
        "generator": modules.MLPGenerator(shape=(2,), hidden=(32,), output=lambda x: x),
        "discriminator": modules.MLPDiscriminator(hidden=(32,), noise=0.0),
    }
    return games.adversarial(players, compare, loss=loss)


@pytest.mark.ci
@pytest.mark.parametrize(
    ("loss", "num"),
    [
        (losses.non_saturating, 4),
        pytest.param(losses.non_saturating, 1, marks=pytest.mark.slow),
        pytest.param(losses.least_squares, 2, marks=pytest.mark.slow),
    ],
)
def test_gradients_equal_those_of_the_full_batch(loss, num):
    game = make_game(loss())
    full, accumulated = (
        dynamics.alternating(variant, optax.sgd(0.1), k=2)
        for variant in (game, games.accumulate_gradients(game, num))
    )
    batch = np.concatenate([X, X[::-1]])
    start = full.init(jax.random.key(0), batch)
    expected, expected_metrics = full.train_step(start, batch)
    actual, metrics = accumulated.train_step(start, batch)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, actual.players, expected.players)
    assert set(metrics) == set(expected_metrics)
    for name in metrics:
        if not name.endswith("gradient_norm"):
            close(metrics[name], expected_metrics[name])


@pytest.mark.ci
def test_init_equals_that_of_the_original_game():
    game = make_game(losses.hinge())
    full, accumulated = (
        dynamics.simultaneous(variant, optax.sgd(0.1)).init(jax.random.key(0), X)
        for variant in (game, games.accumulate_gradients(game, 3))
    )
    jax.tree.map(np.testing.assert_array_equal, accumulated.players, full.players)


@pytest.mark.ci
def test_ten_parts_take_less_than_a_third_of_the_memory():
    """Memory holds the activations of one part: 2,000 of 20,000 examples."""

    def temporary_bytes(num):
        game = make_game(losses.hinge())
        game = games.accumulate_gradients(game, num) if num > 1 else game
        algorithm = dynamics.simultaneous(game, optax.sgd(0.1))
        batch = jnp.zeros((20_000, 6))
        state = jax.eval_shape(algorithm.init, jax.random.key(0), batch)
        compiled = jax.jit(algorithm.train_step).lower(state, batch).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert temporary_bytes(10) < temporary_bytes(1) / 3


@pytest.mark.ci
def test_batch_statistics_are_updated():
    def compare(play, batch, key):
        fake = play("generator", batch[:, 2:])
        return Comparison(real=(batch[:, :2],), fake=(fake,))

    players = {
        "generator": modules.MLPGenerator(
            shape=(2,), hidden=(8,), output=lambda x: x, batch_norm=True
        ),
        "discriminator": modules.MLPDiscriminator(hidden=(8,), noise=0.0),
    }
    game = games.adversarial(players, compare, loss=losses.hinge())
    algorithm = dynamics.simultaneous(
        games.accumulate_gradients(game, 2), optax.sgd(0.1)
    )
    start = algorithm.init(jax.random.key(0), X)
    end, _ = jax.jit(algorithm.train_step)(start, X)
    before, after = (
        jax.tree.leaves(state.players["generator"].variables.state)
        for state in (start, end)
    )
    assert any(np.any(np.asarray(a) != b) for a, b in zip(before, after, strict=True))


def test_numbers_of_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="num >= 1"):
        games.accumulate_gradients(make_game(losses.hinge()), 0)
    algorithm = dynamics.simultaneous(
        games.accumulate_gradients(make_game(losses.hinge()), 5), optax.sgd(0.1)
    )
    with pytest.raises(ValueError, match=r"multiple of 5 examples, got \[24\]"):
        algorithm.init(jax.random.key(0), X)
