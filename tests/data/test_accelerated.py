"""Batches on devices and prefetched batches equal the original batches."""

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


def assert_same(actual, expected):
    jax.tree.map(np.testing.assert_array_equal, actual, expected)


def test_on_device_returns_the_same_batches_as_device_arrays():
    resident = data.on_device(batches())
    for step in (0, 1, 7, 2):
        batch = resident(step)
        assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(batch))
        assert_same(batch, batches()(step))


def test_on_device_refuses_data_that_are_not_in_memory():
    source = data.from_source([np.float32(1)] * 4, 2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="Read them ahead with prefetch"):
        data.on_device(source)


@pytest.mark.parametrize("resident", [False, True])
def test_each_device_of_a_mesh_holds_its_rows(resident):
    mesh = sharding.data_mesh()
    split = (
        data.on_device(batches(), mesh) if resident else data.on_mesh(batches(), mesh)
    )
    x, _ = split(3)
    assert_same(split(3), batches()(3))
    assert x.sharding.is_equivalent_to(sharding.batch_sharding(mesh), x.ndim)
    assert [shard.data.shape for shard in x.addressable_shards] == [(1, 3)] * 8


def test_stacked_batches_are_split_over_a_mesh():
    x, _ = data.on_device(batches(), sharding.data_mesh()).stacked(1, 3)
    np.testing.assert_array_equal(x[1], batches()(2)[0])
    assert [shard.data.shape for shard in x.addressable_shards] == [(2, 1, 3)] * 8


def test_on_mesh_splits_any_function_of_the_step():
    mesh = sharding.data_mesh()
    batch = data.on_mesh(lambda step: X[:16] + step, mesh)(2)
    np.testing.assert_array_equal(batch, X[:16] + 2)
    assert len(batch.addressable_shards) == 8


def test_refuses_a_batch_size_that_is_not_a_multiple_of_the_devices():
    mesh = sharding.data_mesh()
    for place in (data.on_mesh, data.on_device):
        with pytest.raises(ValueError, match="batch of 9 .* over 8 devices"):
            place(batches(9), mesh)


def test_prefetch_returns_the_same_batches_in_any_order():
    ahead = data.prefetch(batches(), size=2)
    for step in (0, 1, 2, 9, 3, 3, 0):
        assert_same(ahead(step), batches()(step))


def test_prefetch_prepares_batches_before_they_are_requested():
    calls = []

    def slow(step):
        calls.append((step, threading.current_thread().name))
        return np.full(2, step)

    ahead = data.prefetch(slow, size=3)
    ahead(0)
    deadline = time.monotonic() + 10
    while len(calls) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [step for step, _ in calls] == [0, 1, 2, 3]
    assert all("prefetch" in name for _, name in calls)


def test_prefetch_raises_an_error_in_the_call_for_its_step():
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


def test_prefetch_refuses_size_zero():
    with pytest.raises(ValueError, match="size >= 1"):
        data.prefetch(batches(), size=0)
