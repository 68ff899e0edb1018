"""`from_source` returns the same stream as `minibatches` of the same examples."""

import jax
import numpy as np
import pytest

from advnet import data

X = np.arange(33.0, dtype=np.float32).reshape(11, 3)
KEY = jax.random.key(4)


def test_equals_minibatches_of_arrays_in_memory():
    batches = data.from_source(list(X), 4, key=KEY)
    in_memory = data.minibatches(X, 4, key=KEY)
    for step in (0, 1, 2, 30, 1):
        np.testing.assert_array_equal(batches(step), in_memory(step))


def test_stacked_equals_stacked_minibatches():
    batches = data.from_source(list(X), 4, key=KEY)
    in_memory = data.minibatches(X, 4, key=KEY)
    np.testing.assert_array_equal(batches.stacked(1, 4), in_memory.stacked(1, 4))


def test_an_epoch_contains_every_example_exactly_once():
    batches = data.from_source(list(X), 4, key=KEY)
    epoch = np.concatenate([batches(step) for step in range(3)])[:11]
    np.testing.assert_array_equal(np.sort(epoch, axis=0), X)


def test_reads_grain_sources():
    grain = pytest.importorskip("grain")
    records = grain.MapDataset.source(list(X)).map(lambda x: {"x": x * 2})
    batches = data.from_source(records, 4, key=KEY)
    in_memory = data.minibatches({"x": X * 2}, 4, key=KEY)
    np.testing.assert_array_equal(batches(5)["x"], in_memory(5)["x"])


def test_reads_memory_mapped_arrays(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    batches = data.from_source(mapped, 4, key=KEY)
    np.testing.assert_array_equal(batches(7), data.minibatches(X, 4, key=KEY)(7))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ([], ValueError, "empty source"),
        ([None] * 3, ValueError, "got None for example"),
        ([np.float32(np.nan)] * 3, ValueError, "finite"),
        (["a", "b", "c"], TypeError, "numeric"),
        ([np.zeros(2), np.zeros(3), np.zeros(4)], ValueError, "shape"),
    ],
)
def test_refuses_invalid_sources(source, error, message):
    with pytest.raises(error, match=message):
        data.from_source(source, 3, key=KEY)(0)
