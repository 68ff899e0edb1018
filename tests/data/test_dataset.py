import numpy as np

from advnet.data import Dataset, Split
from advnet.data._dataset import select_rows, unit_interval


def test_select_rows_selects_images_and_labels():
    split = Split(np.arange(4.0).reshape(4, 1, 1, 1), np.arange(4))
    x, y = select_rows(split, slice(1, 3))
    assert (x.ravel().tolist(), y.tolist()) == ([1.0, 2.0], [1, 2])
    assert select_rows(Split(split.x), [0]).y is None


def test_unit_interval_divides_by_255_in_float32():
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    scaled = unit_interval(pixels)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(
        scaled, np.arange(256, dtype=np.float32).reshape(2, 128) / np.float32(255)
    )


def test_unit_interval_returns_contiguous_arrays():
    pixels = np.zeros((2, 3, 4, 5), np.uint8).transpose(0, 2, 3, 1)
    assert unit_interval(pixels).flags.c_contiguous


def test_a_dataset_without_unlabeled_examples():
    split = Split(np.zeros((1, 2, 2, 1)))
    assert Dataset(split, split, split, name="mine").unlabeled is None
