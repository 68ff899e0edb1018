"""The members of a population equal single runs, to rounding."""

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


def train(algorithm, key, num_steps=20):
    state = algorithm.init(key, batches(0))
    return advnet.fit(algorithm, state, batches, num_steps=num_steps)


def assert_close(actual, expected):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
        actual.players,
        expected.players,
    )


@pytest.mark.ci
def test_member_i_is_the_run_of_seed_i():
    key = jax.random.key(0)
    members = train(dynamics.population(algorithm(), 16), key)
    for index in (0, 7, 15):
        single = train(algorithm(), jax.random.fold_in(key, index))
        assert_close(dynamics.select_member(members, index), single)


@pytest.mark.ci
def test_a_sweep_runs_each_value():
    rates = jnp.array([0.1, 0.01])
    key = jax.random.key(0)
    members = train(dynamics.sweep(algorithm, rates), key)
    for index, rate in enumerate(rates):
        single = train(algorithm(rate), key)
        assert_close(dynamics.select_member(members, index), single)


@pytest.mark.slow
def test_a_sweep_of_populations():
    make = lambda rate: dynamics.population(algorithm(rate), 3)
    members = train(dynamics.sweep(make, jnp.array([0.1, 0.01])), jax.random.key(0))
    member = dynamics.select_member(dynamics.select_member(members, 1), 2)
    single = train(algorithm(0.01), jax.random.fold_in(jax.random.key(0), 2))
    assert_close(member, single)


@pytest.mark.ci
def test_a_larger_population_begins_with_the_same_members():
    small, large = (
        dynamics.population(algorithm(), num).init(jax.random.key(3), batches(0))
        for num in (2, 5)
    )
    assert_close(dynamics.select_member(small, 1), dynamics.select_member(large, 1))


@pytest.mark.ci
def test_a_population_can_be_saved_and_resumed(tmp_path):
    members = dynamics.population(algorithm(), 3)
    uninterrupted = train(members, jax.random.key(0))
    half = train(members, jax.random.key(0), num_steps=10)
    with advnet.training.Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(half)
        restored = checkpoints.restore(half)
    resumed = advnet.fit(members, restored, batches, num_steps=20)
    equal = np.testing.assert_array_equal
    jax.tree.map(equal, resumed.players, uninterrupted.players)


@pytest.mark.ci
def test_map_members_and_summary():
    state = train(dynamics.population(algorithm(), 4), jax.random.key(0))
    draw = lambda member: advnet.sample(GAME, member, jax.random.key(1), 50)
    samples = dynamics.map_members(draw, state)
    assert samples.shape == (4, 50, 2)
    spread = np.asarray(samples).std(axis=1).mean(axis=1)
    result = dynamics.summary(
        {"spread": spread}, collapsed=lambda scores: scores["spread"] < 0
    )
    assert (result.num, result.collapsed) == (4, 0.0)
    np.testing.assert_allclose(result.mean["spread"], spread.mean())
    np.testing.assert_allclose(result.sd["spread"], spread.std(ddof=1))


def test_wrong_arguments_are_refused():
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


def test_select_member_of_states_from_vmap():
    keys = jax.random.split(jax.random.key(0), 3)
    states = jax.vmap(algorithm().init, (0, None))(keys, batches(0))
    single = algorithm().init(keys[1], batches(0))
    member = dynamics.select_member(states, 1)
    assert member.step.shape == ()
    chex.assert_trees_all_close(member.players, single.players)


def test_a_population_can_report_every_member():
    members = dynamics.population(algorithm(), 3, member_metrics=True)
    state = members.init(jax.random.key(0), batches(0))
    _, metrics = members.train_step(state, batches(0))
    losses = [metrics[f"generator/loss_{index}"] for index in range(3)]
    np.testing.assert_allclose(np.mean(losses), metrics["generator/loss"], rtol=1e-6)
