"""Custom games and their memories."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest
from small_games import BATCH, NUMBER, step

import advnet
from advnet import games
from advnet.types import Memory


def bilinear(**objectives):
    return games.custom(
        {"x": NUMBER, "y": NUMBER},
        {
            "x": lambda play, batch, key: play("x") * play("y"),
            "y": lambda play, batch, key: (
                -play("x") * play("y"),
                {"value": play("y")},
            ),
            **objectives,
        },
        [["x"], ["y"]],
    )


def test_a_custom_game_names_its_metrics():
    _, metrics = step(bilinear())
    names = {"x/loss", "y/loss", "y/value", "x/gradient_norm", "y/gradient_norm"}
    assert set(metrics) == names


@pytest.mark.parametrize(
    ("objective", "error", "message"),
    [
        (
            lambda play, batch, key: play("x") * batch,
            ValueError,
            "loss of x to be a sc",
        ),
        (
            lambda play, batch, key: (play("x"), 3),
            TypeError,
            "with a mapping of metrics",
        ),
        (lambda play, batch, key: (play("x"), {"a": BATCH}), ValueError, "metric 'a'"),
        (lambda play, batch, key: play("z"), KeyError, "'z'"),
    ],
)
def test_a_custom_objective_is_checked(objective, error, message):
    with pytest.raises(error, match=message):
        step(bilinear(x=objective))


def test_the_turns_of_a_custom_game_are_checked():
    objective = lambda play, batch, key: play("x")
    make = lambda turns, **objectives: games.custom({"x": NUMBER}, objectives, turns)
    with pytest.raises(ValueError, match="has a turn and no objective"):
        make([["x"]])
    with pytest.raises(TypeError, match="Put it in a list"):
        make(["x"], x=objective)
    with pytest.raises(ValueError, match="two turns"):
        make([["x"], ["x"]], x=objective)
    with pytest.raises(ValueError, match="not a player"):
        make([["x"]], x=objective, y=objective)


def test_a_player_read_before_its_first_call_gives_a_sentence():
    game = games.custom(
        {"x": nn.Dense(1)},
        {"x": lambda play, batch, key: play.pure("x")(batch).mean()},
        [["x"]],
    )
    with pytest.raises(ValueError, match="ensure_initialized"):
        step(game)


@pytest.mark.parametrize("transform", [lambda f: f, jax.jit])
def test_a_first_call_inside_a_loop_gives_a_sentence(transform):
    def objective(play, batch, key):
        if prepare:
            play.ensure_initialized("x", batch)
        add = lambda total, _: (total + play("x", batch).mean(), None)
        return jax.lax.scan(add, jnp.zeros(()), length=2)[0]

    game = games.custom({"x": nn.Dense(1)}, {"x": objective}, [["x"]])
    init = transform(advnet.alternating(game, optax.sgd(0.1)).init)
    prepare = False
    with pytest.raises(ValueError, match="first call of 'x' is inside jax.lax.scan"):
        init(jax.random.key(0), BATCH)
    prepare = True
    init(jax.random.key(0), BATCH)


def test_a_memory_changes_with_its_writer_only():
    count = Memory(lambda value: value, lambda old, value, key: old + value, "x")

    def objective(play, batch, key):
        play.record("count", jnp.ones(()))
        return play("x") * play("y"), {"seen": play.memories["count"]}

    game = games.custom(
        {"x": NUMBER, "y": NUMBER},
        {"x": objective, "y": objective},
        [["x"], ["y"]],
        memories={"count": count},
    )
    state, metrics = step(game, 3)
    assert float(state.players["x"].memories["count"]) == 4.0  # once at init
    assert state.players["y"].memories == {}
    assert float(metrics["y/seen"]) == 5.0  # y's own record is dropped


def test_a_memory_that_is_never_recorded_is_refused():
    game = games.custom(
        {"x": NUMBER},
        {"x": lambda play, batch, key: play("x")},
        [["x"]],
        memories={"mean": games.running_mean(writer="x")},
    )
    with pytest.raises(ValueError, match="'mean' is never recorded"):
        step(game)
