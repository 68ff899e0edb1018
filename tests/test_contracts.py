"""Properties of every game, loss, term, kind of network and dynamics."""

import functools
import inspect
import re
import typing
from dataclasses import replace
from pathlib import Path

import chex
import contracts
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import CASES, DYNAMICS, GAMES, LOSSES, SLOW, batch_of
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from advnet import dynamics, games, losses, terms
from advnet.dynamics import alternating, update
from advnet.types import Algorithm, Game, Loss, Term

# The default tests take these rows; CI takes the others, except what is slow.
DEFAULT = [
    "linen-linen",
    "nnx-nnx",
    "semi_supervised",
    "combine",
    "history",
    "adaptive",
]


# CI checks the layouts of these rows.
LAYOUTS = ["linen-linen", "alternating", "combine", "history", "adaptive"]


def rows(cases, *, default=(), ci):
    """Return parameters for pytest; rows in neither `default` nor `ci` are slow."""
    marks = lambda case: (
        () if case in default else pytest.mark.ci if case in ci else pytest.mark.slow
    )
    return [pytest.param(case, marks=marks(case)) for case in cases]


every_case = pytest.mark.parametrize(
    "case", rows(CASES, default=DEFAULT, ci=set(CASES) - SLOW)
)
every_layout = pytest.mark.parametrize("case", rows(CASES, ci=LAYOUTS))


def builders(package, result, excluded=()):
    """Return the exported functions of a package that build a `result` from parts.

    Functions that change an existing game are excluded.
    """
    for name in package.__all__:
        function = getattr(package, name)
        if not inspect.isfunction(function) or name in excluded:
            continue
        signature = inspect.signature(function)
        annotation = signature.return_annotation
        changes_game = result is Game and "game" in signature.parameters
        if result in (annotation, *typing.get_args(annotation)) and not changes_game:
            yield name


def test_every_exported_builder_has_a_row():
    source = Path(contracts.__file__).read_text()
    # Algorithms from algorithms have tests of their own.
    wrappers = {"averaged", "population", "scale_updates", "sweep"}
    expected = [
        (games, "GAMES", builders(games, Game, {"adversarial"})),
        (terms, "TERMS", builders(terms, Term)),
        (dynamics, "DYNAMICS", builders(dynamics, Algorithm, wrappers)),
    ]
    for package, table, names in expected:
        for name in names:
            call = f"{package.__name__.removeprefix('advnet.')}.{name}("
            assert re.search(rf"\b{re.escape(call)}", source), (
                f"{package.__name__}.{name} has no row in the contract tests: add one "
                f"that calls `{call}...)` to {table} in tests/contracts.py."
            )
    for name in builders(losses, Loss, {"get", "zero_sum"}):
        assert name in losses.names(), (
            f"advnet.losses.{name} has no row in the contract tests: add it to the "
            "registry in src/advnet/losses/_registry.py, from which LOSSES in "
            "tests/contracts.py takes its rows."
        )


def assert_equal_to_rounding(actual, expected):
    """Compare to rounding, relative to the largest of all values.

    The largest value of each single array would be too strict: the gradient of a bias
    before batch normalization is 0, and what remains is the rounding error of larger
    numbers.
    """
    actual, expected = (jax.tree.leaves(comparable(x)) for x in (actual, expected))
    largest = max(np.abs(b).max() for b in expected if b.dtype == np.float32)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * (1 + largest))


@functools.cache
def initialize(case):
    return jax.jit(contracts.algorithm(case)[1].init)


@functools.cache
def start(case):
    """Return the game, the algorithm, its compiled step and an initial state.

    The step raises if it is traced a second time.
    """
    game, algorithm = contracts.algorithm(case)
    traces = []

    # chex.assert_max_traces is not used because it identifies functions by name only.
    def train_step(state, batch):
        traces.append(case)
        assert len(traces) == 1, f"{case} is traced again"
        return algorithm.train_step(state, batch)

    state = initialize(case)(jax.random.key(0), batch_of(case))
    return game, algorithm, jax.jit(train_step), state


def comparable(state):
    """Convert leaves to NumPy arrays, and typed keys to their data."""
    is_key = lambda x: jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
    return jax.device_get(
        jax.tree.map(lambda x: jax.random.key_data(x) if is_key(x) else x, state)
    )


def data_mesh():
    return jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))


def sharded_inputs(mesh, state, batch):
    replicated = NamedSharding(mesh, PartitionSpec())
    split = NamedSharding(mesh, PartitionSpec("data"))
    return jax.device_put(state, replicated), jax.device_put(batch, split)


@every_case
def test_steps_are_finite_deterministic_and_traced_once(case):
    game, _, step, state = start(case)
    trained = {name for turn in game.turns for name in turn}
    first, metrics = step(state, batch_of(case))
    again, _ = step(state, batch_of(case))
    chex.assert_trees_all_equal(comparable(first), comparable(again))
    second, _ = step(first, batch_of(case))
    chex.assert_tree_all_finite((comparable(second), metrics))
    assert all(value.shape == () for value in metrics.values())
    for name, player in state.players.items():
        before = jax.tree.leaves(player.variables.params)
        after = jax.tree.leaves(second.players[name].variables.params)
        changed = [np.any(a != b) for a, b in zip(before, after, strict=True)]
        assert any(changed) == (name in trained), f"player {name} of {case}"


@every_case
def test_abstract_init_equals_real_init(case):
    *_, state = start(case)
    abstract = initialize(case).eval_shape(jax.random.key(0), batch_of(case))
    chex.assert_trees_all_equal_shapes_and_dtypes(abstract, state)


@pytest.mark.parametrize(
    "case",
    rows((case for case in CASES if case not in DYNAMICS), ci=DEFAULT),
)
def test_an_update_changes_only_the_players_of_its_turn(case):
    game, _, _, state = start(case)
    optimizers = dict.fromkeys(game.players, contracts.OPTIMIZER)

    @jax.jit
    def update_each_turn(players):
        key = jax.random.key(3)
        return [
            update(
                game, optimizers, players, turn, batch_of(case), key, step=state.step
            )[0]
            for turn in game.turns
        ]

    results = update_each_turn(state.players)
    for turn, players in zip(game.turns, results, strict=True):
        for name, player in state.players.items():
            same = jax.tree.map(np.array_equal, players[name], player)
            assert all(jax.tree.leaves(same)) == (name not in turn)


@every_layout
def test_vmap_over_seeds_equals_single_runs(case):
    _, algorithm, step, state = start(case)
    # After a step from different keys, the states differ in everything.
    singles = [
        step(replace(state, key=key), batch_of(case))[0]
        for key in jax.random.split(jax.random.key(5), 4)
    ]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *singles)
    vmapped, _ = jax.jit(jax.vmap(algorithm.train_step, (0, None)))(
        states, batch_of(case)
    )
    for seed, single in enumerate(singles):
        member = jax.tree.map(lambda x, seed=seed: x[seed], vmapped)
        expected, _ = step(single, batch_of(case))
        assert_equal_to_rounding(member, expected)


@pytest.mark.ci
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
        sharded, _ = jax.jit(algorithm.train_step)(
            *sharded_inputs(mesh, state, batch_of(case))
        )
    assert_equal_to_rounding(sharded, expected)


@pytest.mark.ci
@pytest.mark.parametrize("case", ["linen-linen", "alternating_k2"])
def test_a_sharded_step_communicates_only_gradients(case):
    _, algorithm, _, state = start(case)
    mesh = data_mesh()
    with jax.set_mesh(mesh):
        lowered = jax.jit(algorithm.train_step).lower(
            *sharded_inputs(mesh, state, batch_of(case))
        )
    text = lowered.compile().as_text()
    assert "all-reduce" in text  # gradients
    assert "all-gather" not in text  # neither of minibatches nor of noise
    assert "all-to-all" not in text


@pytest.mark.ci
@pytest.mark.parametrize("case", ["alternating", "r1", "nnx-linen"])
def test_k_1_equals_a_step_without_scan(case):
    game, _, _, state = start(case)
    optimizers = dict.fromkeys(game.players, contracts.OPTIMIZER)
    step = jax.jit(alternating(game, contracts.OPTIMIZER, k=1).train_step)

    @jax.jit
    def step_without_scan(state):
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), 2)
        critics, opponents = game.turns
        players, _ = update(
            game,
            optimizers,
            state.players,
            critics,
            batch_of(case),
            keys[0],
            step=state.step,
        )
        key = jax.random.fold_in(keys[1], 0)
        return update(
            game, optimizers, players, opponents, batch_of(case), key, step=state.step
        )[0]

    state, _ = step(state, batch_of(case))  # momentum is 0 before the first step
    scanned, _ = step(state, batch_of(case))
    expected = step_without_scan(state)
    chex.assert_trees_all_close(scanned.players, expected, rtol=1e-6, atol=1e-7)


def test_every_step_has_its_own_randomness():
    _, _, step, state = start("alternating")
    _, first = step(state, batch_of("alternating"))
    _, second = step(replace(state, step=state.step + 1), batch_of("alternating"))
    assert first["generator/loss"] != second["generator/loss"]


@functools.cache
def abstract_state(name):
    make, batch = GAMES[name]
    algorithm = alternating(make("non_saturating"), contracts.OPTIMIZER)
    return jax.eval_shape(algorithm.init, jax.random.key(0), batch)


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(
            loss,
            marks=pytest.mark.ci if loss == "relativistic" else pytest.mark.slow,
        )
        for loss in LOSSES
    ],
)
@pytest.mark.parametrize("name", sorted(set(GAMES) - {"gan"}))
def test_every_game_accepts_every_loss(name, loss):
    """Objectives and gradients can be traced; other tests check their values."""
    make, batch = GAMES[name]
    algorithm = alternating(make(loss), contracts.OPTIMIZER)
    state = abstract_state(name)
    after, _ = jax.eval_shape(algorithm.train_step, state, batch)
    chex.assert_trees_all_equal_shapes_and_dtypes(state, after)
