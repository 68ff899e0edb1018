"""Examples read one by one make the stream that arrays in memory make."""

import jax
import numpy as np
import pytest

from advnet import data

X = np.arange(33.0, dtype=np.float32).reshape(11, 3)
KEY = jax.random.key(4)


def test_the_same_stream_as_in_memory():
    read = data.from_source(list(X), 4, key=KEY)
    held = data.minibatches(X, 4, key=KEY)
    for step in (0, 1, 2, 30, 1):
        np.testing.assert_array_equal(read(step), held(step))


def test_several_batches_at_once():
    read = data.from_source(list(X), 4, key=KEY)
    held = data.minibatches(X, 4, key=KEY)
    np.testing.assert_array_equal(read.stacked(1, 4), held.stacked(1, 4))


def test_nothing_lost_or_doubled_within_an_epoch():
    read = data.from_source(list(X), 4, key=KEY)
    epoch = np.concatenate([read(step) for step in range(3)])[:11]
    np.testing.assert_array_equal(np.sort(epoch, axis=0), X)


def test_grain_sources():
    grain = pytest.importorskip("grain")
    records = grain.MapDataset.source(list(X)).map(lambda x: {"x": x * 2})
    read = data.from_source(records, 4, key=KEY)
    held = data.minibatches({"x": X * 2}, 4, key=KEY)
    np.testing.assert_array_equal(read(5)["x"], held(5)["x"])


def test_memory_mapped(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    read = data.from_source(mapped, 4, key=KEY)
    np.testing.assert_array_equal(read(7), data.minibatches(X, 4, key=KEY)(7))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ([], ValueError, "empty source"),
        ([None] * 3, ValueError, "is None. Filter"),
        ([np.float32(np.nan)] * 3, ValueError, "finite"),
        (["a", "b", "c"], TypeError, "numeric"),
        ([np.zeros(2), np.zeros(3), np.zeros(4)], ValueError, "shape"),
    ],
)
def test_bad_sources(source, error, message):
    with pytest.raises(error, match=message):
        data.from_source(source, 3, key=KEY)(0)
