"""A batch in parts is the whole batch, where examples do not interact."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import dynamics, games, losses, modules
from advnet.types import Comparison

X = np.random.default_rng(0).normal(size=(24, 6)).astype(np.float32)


def game(loss):
    """Noise is part of the batch, so that parts see the noise of the whole."""

    def compare(play, batch, key):
        x, z = batch[:, :2], batch[:, 2:]
        return Comparison(real=(x,), fake=(play("generator", z),))

    players = {
        "generator": modules.MLPGenerator(shape=(2,), hidden=(32,), output=lambda x: x),
        "discriminator": modules.MLPDiscriminator(hidden=(32,), noise=0.0),
    }
    return games.adversarial(players, compare, loss=loss)


@pytest.mark.ci
@pytest.mark.parametrize("num", [1, 2, 4])
@pytest.mark.parametrize("loss", [losses.non_saturating, losses.least_squares])
def test_equals_the_full_batch(loss, num):
    whole, parts = (
        dynamics.alternating(one, optax.sgd(0.1), k=2)
        for one in (game(loss()), games.accumulate_gradients(game(loss()), num))
    )
    batch = np.concatenate([X, X[::-1]])
    start = whole.init(jax.random.key(0), batch)
    want, metrics = whole.train_step(start, batch)
    got, same = parts.train_step(start, batch)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, got.players, want.players)
    assert set(metrics) == set(same)
    for name in metrics:
        if not name.endswith("gradient_norm"):
            close(same[name], metrics[name])


def test_init_is_the_same():
    whole, parts = (
        dynamics.simultaneous(one, optax.sgd(0.1))
        for one in (
            game(losses.hinge()),
            games.accumulate_gradients(game(losses.hinge()), 3),
        )
    )
    jax.tree.map(
        np.testing.assert_array_equal,
        whole.init(jax.random.key(0), X).players,
        parts.init(jax.random.key(0), X).players,
    )


def test_takes_less_memory():
    """Activations of one part at a time: 2,000 examples of 6,000 hidden values."""

    def temporary(num):
        one = game(losses.hinge())
        wide = games.accumulate_gradients(one, num) if num > 1 else one
        algorithm = dynamics.simultaneous(wide, optax.sgd(0.1))
        batch = jnp.zeros((20_000, 6))
        state = jax.eval_shape(algorithm.init, jax.random.key(0), batch)
        compiled = jax.jit(algorithm.train_step).lower(state, batch).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert temporary(10) < temporary(1) / 3


def test_batch_statistics_move_with_each_part():
    def compare(play, batch, key):
        fake = play("generator", batch[:, 2:])
        return Comparison(real=(batch[:, :2],), fake=(fake,))

    players = {
        "generator": modules.MLPGenerator(
            shape=(2,), hidden=(8,), output=lambda x: x, batch_norm=True
        ),
        "discriminator": modules.MLPDiscriminator(hidden=(8,), noise=0.0),
    }
    one = games.adversarial(players, compare, loss=losses.hinge())
    algorithm = dynamics.simultaneous(
        games.accumulate_gradients(one, 2), optax.sgd(0.1)
    )
    start = algorithm.init(jax.random.key(0), X)
    end, _ = jax.jit(algorithm.train_step)(start, X)
    before, after = (
        jax.tree.leaves(state.players["generator"].variables.state)
        for state in (start, end)
    )
    assert any(np.any(np.asarray(a) != b) for a, b in zip(before, after, strict=True))


def test_refuses_what_it_cannot_divide():
    with pytest.raises(ValueError, match="num >= 1"):
        games.accumulate_gradients(game(losses.hinge()), 0)
    algorithm = dynamics.simultaneous(
        games.accumulate_gradients(game(losses.hinge()), 5), optax.sgd(0.1)
    )
    with pytest.raises(ValueError, match=r"multiple of 5 examples, got \[24\]"):
        algorithm.init(jax.random.key(0), X)
