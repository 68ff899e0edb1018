"""Many runs as one program are the single runs, to rounding."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import dynamics, games, losses, modules, priors

GAME = games.gan(
    modules.MLPGenerator(shape=(2,), hidden=(8,), output=lambda x: x),
    modules.MLPDiscriminator(hidden=(8,), noise=0.0),
    priors.normal(2),
    loss=losses.non_saturating(),
)


def batches(step):
    return np.random.default_rng(step).normal(size=(16, 2)).astype(np.float32)


def algorithm(rate=0.05):
    return dynamics.averaged(dynamics.alternating(GAME, optax.sgd(rate)), decay=0.9)


def train(one, key, num_steps=20):
    state = one.init(key, batches(0))
    return advnet.fit(one, state, batches, num_steps=num_steps)


def assert_same(got, want):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
        got.players,
        want.players,
    )


def test_member_i_is_the_run_of_seed_i():
    key = jax.random.key(0)
    together = train(dynamics.population(algorithm(), 16), key)
    for index in (0, 7, 15):
        alone = train(algorithm(), jax.random.fold_in(key, index))
        assert_same(dynamics.select_member(together, index), alone)


def test_a_sweep_runs_each_value():
    rates = jnp.array([0.1, 0.01])
    key = jax.random.key(0)
    together = train(dynamics.sweep(algorithm, rates), key)
    for index, rate in enumerate(rates):
        assert_same(
            dynamics.select_member(together, index), train(algorithm(rate), key)
        )


def test_a_sweep_of_populations():
    make = lambda rate: dynamics.population(algorithm(rate), 3)
    together = train(dynamics.sweep(make, jnp.array([0.1, 0.01])), jax.random.key(0))
    inner = dynamics.select_member(dynamics.select_member(together, 1), 2)
    alone = train(algorithm(0.01), jax.random.fold_in(jax.random.key(0), 2))
    assert_same(inner, alone)


def test_a_larger_population_begins_with_the_same_members():
    small, large = (
        dynamics.population(algorithm(), num).init(jax.random.key(3), batches(0))
        for num in (2, 5)
    )
    assert_same(dynamics.select_member(small, 1), dynamics.select_member(large, 1))


def test_a_population_is_saved_and_goes_on(tmp_path):
    many = dynamics.population(algorithm(), 3)
    whole = train(many, jax.random.key(0))
    half = train(many, jax.random.key(0), num_steps=10)
    with advnet.training.Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(half)
        again = checkpoints.restore(half)
    ended = advnet.fit(many, again, batches, num_steps=20)
    jax.tree.map(np.testing.assert_array_equal, ended.players, whole.players)


def test_per_member_and_summary():
    state = train(dynamics.population(algorithm(), 4), jax.random.key(0))
    draw = lambda one: advnet.sample(GAME, one, jax.random.key(1), 50)
    samples = dynamics.map_members(draw, state)
    assert samples.shape == (4, 50, 2)
    spread = np.asarray(samples).std(axis=1).mean(axis=1)
    got = dynamics.summary(
        {"spread": spread}, collapsed=lambda scores: scores["spread"] < 0
    )
    assert (got.num, got.collapsed) == (4, 0.0)
    np.testing.assert_allclose(got.mean["spread"], spread.mean())
    np.testing.assert_allclose(got.sd["spread"], spread.std(ddof=1))


def test_refusals():
    with pytest.raises(ValueError, match="num >= 1"):
        dynamics.population(algorithm(), 0)
    with pytest.raises(ValueError, match="one leading length"):
        dynamics.sweep(algorithm, {"a": jnp.ones(2), "b": jnp.ones(3)})
    state = dynamics.population(algorithm(), 2).init(jax.random.key(0), batches(0))
    with pytest.raises(IndexError, match="No member 2: the state has 2"):
        dynamics.select_member(state, 2)
    with pytest.raises(ValueError, match=r"finite modes, got nan for\s+member 1"):
        dynamics.summary(
            {"modes": [8.0, np.nan]}, collapsed=lambda scores: scores["modes"] < 8
        )


def test_a_member_of_states_by_vmap():
    keys = jax.random.split(jax.random.key(0), 3)
    states = jax.vmap(algorithm().init, (0, None))(keys, batches(0))
    one = algorithm().init(keys[1], batches(0))
    got = dynamics.select_member(states, 1)
    assert got.step.shape == ()
    chex.assert_trees_all_close(got.players, one.players)
