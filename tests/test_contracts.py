"""What holds for every game and loss, every term, network kind and dynamics."""

import functools
from dataclasses import replace

import chex
import contracts
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import CASES, DYNAMICS, GAMES, LATER, LOSSES, batch_of
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from advnet.dynamics import alternating, update


def rows(cases):
    """Rows that differ from another by their loss or penalty alone are slow."""
    slow = lambda case: pytest.mark.slow if case in LATER else ()
    return [pytest.param(case, marks=slow(case)) for case in cases]


every_case = pytest.mark.parametrize("case", CASES)
every_layout = pytest.mark.parametrize("case", rows(CASES))


def assert_equal_to_rounding(got, expected):
    """Sums in another order differ by rounding, relative to the largest value of all.

    Not of each array: the gradient of a bias before batch normalization is 0, so all
    that is seen of it is the rounding of larger numbers that cancel.
    """
    got, expected = (jax.tree.leaves(comparable(x)) for x in (got, expected))
    largest = max(np.abs(b).max() for b in expected if b.dtype == np.float32)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * (1 + largest))


@functools.cache
def initialize(case):
    return jax.jit(contracts.algorithm(case)[1].init)


@functools.cache
def start(case):
    """The game, its compiled step (traced at most once) and a first state."""
    game, algorithm = contracts.algorithm(case)
    traces = []

    # Counted by hand: chex.assert_max_traces tells functions apart by name alone.
    def train_step(state, batch):
        traces.append(case)
        assert len(traces) == 1, f"{case} is traced again"
        return algorithm.train_step(state, batch)

    state = initialize(case)(jax.random.key(0), batch_of(case))
    return game, algorithm, jax.jit(train_step), state


def comparable(state):
    """Leaves as host arrays: typed keys cannot be compared."""
    is_key = lambda x: jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
    return jax.device_get(
        jax.tree.map(lambda x: jax.random.key_data(x) if is_key(x) else x, state)
    )


def data_mesh():
    return jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))


def sharded_inputs(mesh, state, batch):
    whole = NamedSharding(mesh, PartitionSpec())
    split = NamedSharding(mesh, PartitionSpec("data"))
    return jax.device_put(state, whole), jax.device_put(batch, split)


@every_case
def test_finite_one_trace_and_deterministic(case):
    _, _, step, state = start(case)
    first, metrics = step(state, batch_of(case))
    again, _ = step(state, batch_of(case))
    chex.assert_trees_all_equal(comparable(first), comparable(again))
    second, _ = step(first, batch_of(case))  # a second trace would raise
    chex.assert_tree_all_finite((comparable(second), metrics))
    assert all(value.shape == () for value in metrics.values())
    for name, player in state.players.items():
        before = jax.tree.leaves(player.variables.params)
        after = jax.tree.leaves(second.players[name].variables.params)
        moved = [np.any(a != b) for a, b in zip(before, after, strict=True)]
        assert any(moved), name


@every_case
def test_abstract_init_equals_real_init(case):
    *_, state = start(case)
    abstract = initialize(case).eval_shape(jax.random.key(0), batch_of(case))
    chex.assert_trees_all_equal_shapes_and_dtypes(abstract, state)


@pytest.mark.parametrize("case", rows(case for case in CASES if case not in DYNAMICS))
def test_only_the_movers_change(case):
    game, _, _, state = start(case)
    optimizers = dict.fromkeys(game.players, contracts.OPTIMIZER)

    @jax.jit
    def each_turn(players):
        key = jax.random.key(3)
        return [
            update(game, optimizers, players, turn, batch_of(case), key)[0]
            for turn in game.turns
        ]

    for turn, moved in zip(game.turns, each_turn(state.players), strict=True):
        for name, player in state.players.items():
            same = jax.tree.map(np.array_equal, moved[name], player)
            assert all(jax.tree.leaves(same)) == (name not in turn)


@every_layout
def test_vmap_over_seeds_equals_single_runs(case):
    """Seeds differ in their keys; a step away from the start, in all else too."""
    _, algorithm, step, state = start(case)
    singles = [
        step(replace(state, key=key), batch_of(case))[0]
        for key in jax.random.split(jax.random.key(5), 4)
    ]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *singles)
    together, _ = jax.jit(jax.vmap(algorithm.train_step, (0, None)))(
        states, batch_of(case)
    )
    for seed, single in enumerate(singles):
        one = jax.tree.map(lambda x, seed=seed: x[seed], together)
        alone, _ = step(single, batch_of(case))
        assert_equal_to_rounding(one, alone)


@pytest.mark.parametrize("case", ["linen-linen", "nnx-nnx", "averaged"])
def test_vmapped_init_equals_single_inits(case):
    _, algorithm, _, _ = start(case)
    keys = jax.random.split(jax.random.key(5), 2)
    states = jax.jit(jax.vmap(algorithm.init, (0, None)))(keys, batch_of(case))
    second = jax.tree.map(lambda x: x[1], states)
    assert_equal_to_rounding(second, jax.jit(algorithm.init)(keys[1], batch_of(case)))


@every_layout
def test_sharded_equals_unsharded(case):
    _, algorithm, step, state = start(case)
    expected, _ = step(state, batch_of(case))
    mesh = data_mesh()
    with jax.set_mesh(mesh):
        got, _ = jax.jit(algorithm.train_step)(
            *sharded_inputs(mesh, state, batch_of(case))
        )
    assert_equal_to_rounding(got, expected)


@pytest.mark.parametrize("case", ["linen-linen", "alternating_k2"])
def test_a_sharded_step_gathers_nothing(case):
    _, algorithm, _, state = start(case)
    mesh = data_mesh()
    with jax.set_mesh(mesh):
        lowered = jax.jit(algorithm.train_step).lower(
            *sharded_inputs(mesh, state, batch_of(case))
        )
    text = lowered.compile().as_text()
    assert "all-reduce" in text  # gradients
    assert "all-gather" not in text  # neither minibatches nor noise
    assert "all-to-all" not in text


@pytest.mark.parametrize("case", ["alternating", "r1", "nnx-linen"])
def test_k_1_equals_an_unscanned_step(case):
    game, _, _, state = start(case)
    optimizers = dict.fromkeys(game.players, contracts.OPTIMIZER)
    step = jax.jit(alternating(game, contracts.OPTIMIZER, k=1).train_step)

    @jax.jit
    def unscanned(state):
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), 2)
        critics, others = game.turns
        players, _ = update(
            game, optimizers, state.players, critics, batch_of(case), keys[0]
        )
        key = jax.random.fold_in(keys[1], 0)
        return update(game, optimizers, players, others, batch_of(case), key)[0]

    state, _ = step(state, batch_of(case))  # past a first step, momentum is not zero
    got, _ = step(state, batch_of(case))
    chex.assert_trees_all_close(got.players, unscanned(state), rtol=1e-6, atol=1e-7)


def test_every_step_has_randomness_of_its_own():
    _, _, step, state = start("alternating")
    _, now = step(state, batch_of("alternating"))
    _, then = step(replace(state, step=state.step + 1), batch_of("alternating"))
    assert now["generator/loss"] != then["generator/loss"]


@functools.cache
def abstract_state(name):
    make, batch = GAMES[name]
    algorithm = alternating(make("non_saturating"), contracts.OPTIMIZER)
    return jax.eval_shape(algorithm.init, jax.random.key(0), batch)


@pytest.mark.parametrize("loss", rows(LOSSES))
@pytest.mark.parametrize("name", sorted(set(GAMES) - {"gan"}))
def test_every_game_takes_every_loss(name, loss):
    """Objectives and gradients trace; their values are the games' tests to check."""
    make, batch = GAMES[name]
    algorithm = alternating(make(loss), contracts.OPTIMIZER)
    state = abstract_state(name)
    after, _ = jax.eval_shape(algorithm.train_step, state, batch)
    chex.assert_trees_all_equal_shapes_and_dtypes(state, after)
