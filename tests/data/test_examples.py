import numpy as np
import pytest

from advnet.data import load_examples


def test_arrays_become_float32_examples():
    x = load_examples(np.arange(6).reshape(2, 3))
    assert x.dtype == np.float32
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert load_examples(np.arange(3)).shape == (3, 1)


def test_reads_the_only_array_of_an_archive(tmp_path):
    np.savez(tmp_path / "one.npz", x=np.eye(2))
    np.testing.assert_array_equal(load_examples(tmp_path / "one.npz"), np.eye(2))


def test_a_key_names_an_array_of_an_archive(tmp_path):
    path = tmp_path / "two.npz"
    np.savez(path, x=np.eye(2), y=np.zeros(3))
    np.testing.assert_array_equal(load_examples(path, key="x"), np.eye(2))
    with pytest.raises(ValueError, match=r"\['x', 'y'\]; say which with --key"):
        load_examples(path)


def test_labels_of_a_folder_of_images_are_dropped(tmp_path):
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "cat").mkdir()
    image.new("L", (3, 2), 255).save(tmp_path / "cat" / "a.png")
    with pytest.warns(UserWarning, match="1 subfolders .* classes are not used"):
        x = load_examples(tmp_path)
    np.testing.assert_array_equal(x, np.ones((1, 2, 3, 1)))


def test_refuses_values_that_training_cannot_use(tmp_path):
    path = tmp_path / "x.npy"
    for values, message in (
        ([[0.0, np.nan]], r"x\.npy.*nan at index \[0, 1\]"),
        ([[1e300]], r"x\.npy.*1e\+300 at index \[0, 0\]"),
        ([[2e18]], "below 1e"),
        ([[1j]], "real numbers in .*x.npy, got complex128"),
    ):
        np.save(path, np.array(values))
        with pytest.raises(ValueError, match=message):
            load_examples(path)
