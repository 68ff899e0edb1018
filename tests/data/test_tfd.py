import numpy as np
import pytest

from advnet.data import tfd

scipy_io = pytest.importorskip("scipy.io")

IMAGES = np.arange(8 * 6 * 5, dtype=np.uint8).reshape(8, 6, 5)
LABELS = np.array([1, 7, 2, 3, 4, 5, -1, -1], np.int16)[:, None]
FOLD = np.array([1, 2, 3, 1, 1, 3, 0, 0])
FOLDS = np.stack([FOLD, np.where(FOLD, FOLD % 3 + 1, 0)], axis=1).astype(np.uint8)


@pytest.fixture
def write(tmp_path):
    def write(**changes):
        variables = {"images": IMAGES, "labs_ex": LABELS, "folds": FOLDS, **changes}
        path = tmp_path / "olivetti_48x48.mat"
        present = {name: v for name, v in variables.items() if v is not None}
        scipy_io.savemat(path, present)
        return path

    return write


def test_a_fold_is_split_by_its_column_of_codes(write):
    dataset = tfd(write())
    for split, rows, labels in (
        (dataset.train, [0, 3, 4], [0, 2, 3]),
        (dataset.valid, [1], [6]),
        (dataset.test, [2, 5], [1, 4]),
    ):
        expected = IMAGES[rows, ..., np.newaxis].astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(split.x, expected)
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)
        assert split.x.flags.c_contiguous
        assert split.y.tolist() == labels
    assert dataset.unlabeled.x.shape == (2, 6, 5, 1)
    assert dataset.unlabeled.y is None


def test_the_second_fold(write):
    assert tfd(write(), fold=1).valid.y.tolist() == [0, 2, 3]


def test_the_data_set_is_named_after_the_file(write):
    assert tfd(write()).name == "olivetti_48x48"


def test_unlabeled_is_none_if_all_examples_are_labeled(write):
    path = write(images=IMAGES[:6], labs_ex=LABELS[:6], folds=FOLDS[:6])
    assert tfd(path).unlabeled is None


@pytest.mark.parametrize("fold", [-1, 2])
def test_refuses_a_fold_that_does_not_exist(write, fold):
    with pytest.raises(ValueError, match=rf"fold in 0\.\.1 of .*mat, got {fold}"):
        tfd(write(), fold=fold)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": None, "labs_ex": None}, "lacks labs_ex, folds"),
        ({"images": "text"}, "lacks images: expected the numeric variables"),
        ({"images": IMAGES.reshape(8, 30)}, r"uint8 \[n, h, w\], got uint8 \[8, 30\]"),
        ({"images": IMAGES / 255}, r"images to be uint8.*got float64"),
        ({"labs_ex": LABELS[:5]}, r"labs_ex .*n=8.*got int16 \[5, 1\]"),
        ({"folds": FOLDS[:5]}, r"folds .*n=8.*got uint8 \[5, 2\]"),
        ({"folds": FOLDS + 3}, "0 .unlabeled., .*got "),
        ({"folds": np.where(FOLDS == 2, 0, FOLDS)}, "expected valid examples"),
        ({"labs_ex": LABELS + 1}, r"labs_ex in 1\.\.7 .*got \[2, 3, 4, 5, 6, 8\]"),
        ({"labs_ex": np.where(LABELS == 7, np.nan, LABELS)}, "labs_ex in 1..7"),
    ],
)
def test_errors_of_files_that_are_not_in_the_layout(write, changes, message):
    with pytest.raises(ValueError, match=message):
        tfd(write(**changes))
