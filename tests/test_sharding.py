"""Layouts on a mesh of eight devices, and the collectives they cause."""

import re

import jax
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, PartitionSpec

import advnet
from advnet import data, games, losses, modules, priors, sharding


def make_mesh(axis_type, name="data"):
    return jax.make_mesh((8,), (name,), axis_types=(axis_type,))


@pytest.mark.parametrize("axis_type", [AxisType.Auto, AxisType.Explicit])
def test_noise_is_split_with_the_same_values(axis_type):
    key = jax.random.key(0)
    expected = priors.normal(3)(key, 16)
    with jax.set_mesh(make_mesh(axis_type)):
        split = jax.jit(lambda key: priors.normal(3)(key, 16))(key)
    assert split.sharding.spec[0] == "data"
    np.testing.assert_array_equal(split, expected)


@pytest.mark.parametrize(
    ("num", "name"), [(10, "data"), (16, "model")], ids=["indivisible", "no data axis"]
)
def test_constrain_batch_replicates_what_it_cannot_split(num, name):
    with jax.set_mesh(make_mesh(AxisType.Auto, name)):
        z = jax.jit(lambda: sharding.constrain_batch(np.zeros((num, 2), np.float32)))()
    assert z.sharding.is_fully_replicated
    assert z.sharding.spec in (PartitionSpec(), PartitionSpec(None))


def mlp():
    game = games.gan(
        modules.MLPGenerator(shape=(6,), hidden=(64,), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(64,), noise=0.0),
        priors.normal(16),
        loss=losses.non_saturating(),
    )
    return game, (6,)


def conv():
    game = games.gan(
        modules.DCGANGenerator(shape=(8, 8, 1), channels=(16, 8)),
        modules.DCGANDiscriminator(channels=(8, 16)),
        priors.normal(16),
        loss=losses.hinge(),
    )
    return game, (8, 8, 1)


def train(make, place, *, k=1):
    """Return the state after three steps of SGD and the text of the program."""
    game, shape = make()
    algorithm = advnet.averaged(advnet.alternating(game, optax.sgd(0.05), k=k))
    x = np.random.default_rng(0).uniform(size=(64, *shape)).astype(np.float32)
    batches = data.minibatches(x, 16 * k, key=jax.random.key(1))
    key = jax.random.key(0)
    state, batches = place(algorithm, key, batches)
    layout = jax.tree.map(lambda leaf: leaf.sharding, state), None
    step = jax.jit(algorithm.train_step, out_shardings=layout)
    step = step.lower(state, batches(0)).compile()
    for number in range(3):
        state, _ = jax.block_until_ready(step(state, batches(number)))
    return state, step.as_text()


def single_device(algorithm, key, batches):
    return algorithm.init(key, batches(0)), batches


def data_parallel(algorithm, key, batches):
    state = algorithm.init(key, batches(0))
    mesh = sharding.data_mesh()
    state = jax.device_put(state, sharding.replicated(mesh))
    return state, data.on_mesh(batches, mesh)


def fully_sharded(algorithm, key, batches):
    state = algorithm.init(key, batches(0))
    layout = sharding.state_sharding(state, sharding.data_mesh(), min_size=256)
    split = jax.device_put(state, layout)
    sizes = [leaf.addressable_shards[0].data.size for leaf in jax.tree.leaves(split)]
    assert sum(sizes) < 0.5 * sum(leaf.size for leaf in jax.tree.leaves(state))
    return split, data.on_mesh(batches, sharding.data_mesh())


def collectives(text):
    kinds = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all")
    matches = re.findall(rf" ({'|'.join(kinds)})(?:-start)?\(", text)
    return set(matches)


@pytest.mark.ci
@pytest.mark.parametrize("make", [mlp, conv])
@pytest.mark.parametrize(
    ("place", "allowed"),
    [(data_parallel, {"all-reduce"}), (fully_sharded, None)],
)
def test_eight_devices_give_the_result_of_one(make, place, allowed):
    """Results differ by rounding, because sums over a batch have a different order."""
    expected, _ = train(make, single_device)
    with jax.set_mesh(sharding.data_mesh()):
        state, text = train(make, place)
    # Batch statistics divide by small variances, which amplifies rounding errors.
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-4)
    jax.tree.map(close, jax.device_get(state.players), jax.device_get(expected.players))
    kinds = collectives(text)
    if allowed is not None:
        assert kinds == allowed
    else:
        assert "all-gather" in kinds
        assert "all-to-all" not in kinds


@pytest.mark.ci
def test_splitting_into_k_minibatches_needs_no_communication():
    with jax.set_mesh(sharding.data_mesh()):
        _, text = train(mlp, data_parallel, k=3)
    assert collectives(text) == {"all-reduce"}


@pytest.mark.ci
def test_fit_preserves_the_layout():
    game, shape = mlp()
    algorithm = advnet.alternating(game, optax.sgd(0.05))
    x = np.random.default_rng(0).uniform(size=(64, *shape)).astype(np.float32)
    batches = data.minibatches(x, 16, key=jax.random.key(1))
    with jax.set_mesh(sharding.data_mesh()):
        state, batches = fully_sharded(algorithm, jax.random.key(0), batches)
        end = advnet.fit(algorithm, state, batches, num_steps=3)
    before, after = (
        [leaf.sharding for leaf in jax.tree.leaves(s.players)] for s in (state, end)
    )
    assert before == after


def test_inside_shard_map_every_device_draws_its_own_part():
    spec = PartitionSpec("data")

    def draw(key, x):
        device_key = jax.random.fold_in(key[0], jax.lax.axis_index("data"))
        return sharding.gather_params(x) + sharding.constrain_batch(
            priors.normal(3)(device_key, 2)
        )

    keys, x = jax.random.split(jax.random.key(0), 8), np.zeros((16, 3), np.float32)
    mapped = jax.shard_map(
        draw, mesh=make_mesh(AxisType.Auto), in_specs=spec, out_specs=spec
    )
    assert np.unique(jax.jit(mapped)(keys, x)).size == 48


def test_only_the_data_axis_splits_a_batch():
    mesh = jax.make_mesh((2, 4), ("data", "model"), axis_types=(AxisType.Auto,) * 2)
    batches = data.minibatches(np.zeros((8, 3)), 2, key=jax.random.key(0))
    assert data.on_mesh(batches, mesh)(0).shape == (2, 3)
    assert data.on_device(batches, mesh)(0).shape == (2, 3)
