import re

import jax
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, PartitionSpec

import advnet
from advnet import data, games, losses, modules, priors, sharding
from advnet.sharding import over_data


def mesh(axis_type, name="data"):
    return jax.make_mesh((8,), (name,), axis_types=(axis_type,))


@pytest.mark.parametrize("axis_type", [AxisType.Auto, AxisType.Explicit])
def test_noise_is_split_and_the_same(axis_type):
    key = jax.random.key(0)
    alone = priors.normal(3)(key, 16)
    with jax.set_mesh(mesh(axis_type)):
        split = jax.jit(lambda key: priors.normal(3)(key, 16))(key)
    assert split.sharding.spec[0] == "data"
    np.testing.assert_array_equal(split, alone)


@pytest.mark.parametrize(
    ("num", "name"), [(10, "data"), (16, "model")], ids=["indivisible", "other axis"]
)
def test_left_alone(num, name):
    with jax.set_mesh(mesh(AxisType.Auto, name)):
        z = jax.jit(lambda: over_data(np.zeros((num, 2), np.float32)))()
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


def trained(make, place, *, k=1):
    """Three steps with SGD, by the placing of state and batches, and the program."""
    game, shape = make()
    algorithm = advnet.averaged(advnet.alternating(game, optax.sgd(0.05), k=k))
    x = np.random.default_rng(0).uniform(size=(64, *shape)).astype(np.float32)
    batches = data.minibatches(x, 16 * k, key=jax.random.key(1))
    key = jax.random.key(0)
    state, batches = place(algorithm, key, batches)
    kept = jax.tree.map(lambda leaf: leaf.sharding, state), None
    step = jax.jit(algorithm.train_step, out_shardings=kept)
    step = step.lower(state, batches(0)).compile()
    for number in range(3):
        state, _ = jax.block_until_ready(step(state, batches(number)))
    return state, step.as_text()


def alone(algorithm, key, batches):
    return algorithm.init(key, batches(0)), batches


def data_parallel(algorithm, key, batches):
    state = algorithm.init(key, batches(0))
    whole = sharding.replicated(sharding.data_mesh())
    return jax.device_put(state, whole), data.on_mesh(batches, sharding.data_mesh())


def fully_sharded(algorithm, key, batches):
    state = algorithm.init(key, batches(0))
    layout = sharding.state_sharding(state, sharding.data_mesh(), min_size=256)
    split = jax.device_put(state, layout)
    sizes = [leaf.addressable_shards[0].data.size for leaf in jax.tree.leaves(split)]
    assert sum(sizes) < 0.5 * sum(leaf.size for leaf in jax.tree.leaves(state))
    return split, data.on_mesh(batches, sharding.data_mesh())


def collectives(text):
    kinds = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all")
    found = re.findall(rf" ({'|'.join(kinds)})(?:-start)?\(", text)
    return {kind: found.count(kind) for kind in kinds if kind in found}


@pytest.mark.ci
@pytest.mark.parametrize("make", [mlp, conv])
@pytest.mark.parametrize(
    ("place", "allowed"),
    [(data_parallel, {"all-reduce"}), (fully_sharded, None)],
)
def test_many_devices_equal_one(make, place, allowed):
    """To rounding: sums over a batch are taken in another order."""
    want, _ = trained(make, alone)
    with jax.set_mesh(sharding.data_mesh()):
        got, text = trained(make, place)
    # Batch statistics of 16 divide by small variances: rounding grows there.
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-4)
    jax.tree.map(close, jax.device_get(got.players), jax.device_get(want.players))
    found = collectives(text)
    if allowed is not None:
        assert set(found) == allowed
    else:
        assert "all-gather" in found
        assert "all-to-all" not in found


def test_dealing_to_k_steps_moves_nothing():
    with jax.set_mesh(sharding.data_mesh()):
        _, text = trained(mlp, data_parallel, k=3)
    assert set(collectives(text)) == {"all-reduce"}


def test_fit_keeps_a_layout():
    game, shape = mlp()
    algorithm = advnet.alternating(game, optax.sgd(0.05))
    x = np.random.default_rng(0).uniform(size=(64, *shape)).astype(np.float32)
    batches = data.minibatches(x, 16, key=jax.random.key(1))
    with jax.set_mesh(sharding.data_mesh()):
        state, batches = fully_sharded(algorithm, jax.random.key(0), batches)
        end = advnet.fit(algorithm, state, batches, num_steps=3)
    before, after = (
        [leaf.sharding for leaf in jax.tree.leaves(one.players)] for one in (state, end)
    )
    assert before == after


def test_inside_shard_map_everybody_has_a_part():
    spec = PartitionSpec("data")

    def draw(key, x):
        own = jax.random.fold_in(key[0], jax.lax.axis_index("data"))
        return sharding.gather_params(x) + over_data(priors.normal(3)(own, 2))

    keys, x = jax.random.split(jax.random.key(0), 8), np.zeros((16, 3), np.float32)
    mapped = jax.shard_map(
        draw, mesh=mesh(AxisType.Auto), in_specs=spec, out_specs=spec
    )
    assert np.unique(jax.jit(mapped)(keys, x)).size == 48


def test_only_the_axis_of_the_data_divides_a_batch():
    both = jax.make_mesh((2, 4), ("data", "model"), axis_types=(AxisType.Auto,) * 2)
    batches = data.minibatches(np.zeros((8, 3)), 2, key=jax.random.key(0))
    assert data.on_mesh(batches, both)(0).shape == (2, 3)
    assert data.on_device(batches, both)(0).shape == (2, 3)
