"""The same batches, earlier or elsewhere."""

import threading
import time

import jax
import numpy as np
import pytest

from advnet import data, sharding

X = np.arange(60.0, dtype=np.float32).reshape(20, 3)
Y = np.arange(20, dtype=np.int32)


def batches(size=8):
    return data.minibatches((X, Y), size, key=jax.random.key(0))


def assert_same(got, want):
    jax.tree.map(np.testing.assert_array_equal, got, want)


def test_on_device_gives_the_same_without_a_transfer():
    resident = data.on_device(batches())
    for step in (0, 1, 7, 2):
        got = resident(step)
        assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(got))
        assert_same(got, batches()(step))


def test_on_device_refuses_what_is_not_in_memory():
    source = data.from_source([np.float32(1)] * 4, 2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="Read those ahead with prefetch"):
        data.on_device(source)


@pytest.mark.parametrize("resident", [False, True])
def test_on_a_mesh_each_device_holds_its_rows(resident):
    mesh = sharding.data_mesh()
    split = (
        data.on_device(batches(), mesh) if resident else data.on_mesh(batches(), mesh)
    )
    x, _ = split(3)
    assert_same(split(3), batches()(3))
    assert x.sharding.is_equivalent_to(sharding.batch_sharding(mesh), x.ndim)
    assert [shard.data.shape for shard in x.addressable_shards] == [(1, 3)] * 8


def test_several_batches_on_a_mesh_are_split_alike():
    x, _ = data.on_device(batches(), sharding.data_mesh()).stacked(1, 3)
    np.testing.assert_array_equal(x[1], batches()(2)[0])
    assert [shard.data.shape for shard in x.addressable_shards] == [(2, 1, 3)] * 8


def test_any_function_of_the_step_is_split():
    mesh = sharding.data_mesh()
    got = data.on_mesh(lambda step: X[:16] + step, mesh)(2)
    np.testing.assert_array_equal(got, X[:16] + 2)
    assert len(got.addressable_shards) == 8


def test_a_batch_that_the_mesh_does_not_divide_is_refused():
    mesh = sharding.data_mesh()
    for make in (data.on_mesh, data.on_device):
        with pytest.raises(ValueError, match="batch of 9 .* over 8 devices"):
            make(batches(9), mesh)


def test_prefetch_gives_the_same_in_any_order():
    ahead = data.prefetch(batches(), size=2)
    for step in (0, 1, 2, 9, 3, 3, 0):
        assert_same(ahead(step), batches()(step))


def test_prefetch_works_while_nobody_asks():
    made = []

    def slow(step):
        made.append((step, threading.current_thread().name))
        return np.full(2, step)

    ahead = data.prefetch(slow, size=3)
    ahead(0)
    deadline = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [step for step, _ in made] == [0, 1, 2, 3]
    assert all("prefetch" in name for _, name in made)


def test_prefetch_raises_the_error_of_a_step_at_that_step():
    def broken(step):
        if step == 2:
            raise RuntimeError("step 2 is broken")
        return np.full(2, step)

    ahead = data.prefetch(broken, size=4)
    assert ahead(0).tolist() == [0, 0]
    assert ahead(1).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="step 2 is broken"):
        ahead(2)
    assert ahead(3).tolist() == [3, 3]


def test_prefetch_refuses_no_batches():
    with pytest.raises(ValueError, match="size >= 1"):
        data.prefetch(batches(), size=0)
