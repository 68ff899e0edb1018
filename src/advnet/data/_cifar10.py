"""CIFAR-10, from the official binary files."""

import os
from pathlib import Path

import numpy as np

from advnet.data._dataset import Dataset, Split, select_rows, unit_interval
from advnet.data._download import cache_folder, fetch

_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_ARCHIVE = "cifar-10-binary.tar.gz"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
_SUBFOLDER = "cifar-10-batches-bin"
_TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST_FILE = "test_batch.bin"
_RECORD_BYTES = 1 + 3 * 32 * 32
_RECORDS_PER_FILE = 10_000
_VALID_EXAMPLES = 10_000


def cifar10(
    data_dir: str | os.PathLike[str] | None = None, *, download: bool = True
) -> Dataset:
    """Read CIFAR-10, split as in the paper: 40,000 / 10,000 / 10,000.

    `train` is the first 40,000 images of the official training set and `valid` its last
    10,000, in the official order. Images are RGB, [n, 32, 32, 3].

    Args:
      data_dir: A folder with the official binary files, ``data_batch_1.bin`` to
        ``data_batch_5.bin`` and ``test_batch.bin``, or a folder that contains them in
        ``cifar-10-batches-bin``. The folder is only read. The default is the user's
        cache, which is filled from the network at first use (162 MB).
      download: Whether the cache may be filled from the network.

    Returns:
      The data set ``"cifar10"``, with labels 0..9 (airplane, automobile, bird, cat,
      deer, dog, frog, horse, ship, truck).

    Raises:
      FileNotFoundError: If files are missing and may not be downloaded.
      OSError: If the download fails.
      ValueError: If a file is damaged or is not a CIFAR-10 file.

    Examples:
      >>> from advnet import data
      >>> dataset = data.cifar10("~/cifar10")  # doctest: +SKIP
      >>> dataset.train.x.shape  # doctest: +SKIP
      (40000, 32, 32, 3)
    """
    folder = _fill_cache(download) if data_dir is None else Path(data_dir).expanduser()
    *train_paths, test_path = _locate_files(folder)
    train = _read_split(train_paths)
    return Dataset(
        train=select_rows(train, slice(-_VALID_EXAMPLES)),
        valid=select_rows(train, slice(-_VALID_EXAMPLES, None)),
        test=_read_split([test_path]),
        name="cifar10",
        split="official, last 10,000 of train to validate",
    )


def _fill_cache(download: bool) -> Path:
    """Return the cache folder, after downloading the archive if that is allowed."""
    folder = cache_folder("cifar10")
    if download:
        fetch(_ARCHIVE, folder, mirrors=_MIRRORS, md5=_MD5, unpack=True)
    return folder


def _locate_files(folder: Path) -> list[Path]:
    """Return the paths of the five training files and of the test file."""
    names = [*_TRAIN_FILES, _TEST_FILE]
    folders = [folder / _SUBFOLDER, folder]
    for candidate in folders:
        paths = [candidate / name for name in names]
        if all(path.is_file() for path in paths):
            return paths
    raise FileNotFoundError(
        f"{folder} lacks some of the CIFAR-10 files; looked for {', '.join(names)} in "
        f"{folders[1]} and {folders[0]}. Unpack the official {_ARCHIVE} there (the "
        "binary version, not the Python one), or call cifar10() without data_dir to "
        "download it into the cache."
    )


def _read_split(paths: list[Path]) -> Split:
    """Read the records of several files, in order, as one split."""
    records = np.concatenate([read_records(path, _RECORDS_PER_FILE) for path in paths])
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    images = unit_interval(planes.transpose(0, 2, 3, 1))
    return Split(images, records[:, 0].astype(np.int32))


def read_records(path: Path, num_records: int) -> np.ndarray:
    """Read one binary file as uint8 [num_records, 3073]: a label, then three planes.

    Raises:
      ValueError: If the file has another size, or a label above 9.
    """
    expected, size = num_records * _RECORD_BYTES, path.stat().st_size
    if size != expected:
        raise ValueError(
            f"{path} is damaged or is not a CIFAR-10 file: expected {num_records:,} "
            f"records of {_RECORD_BYTES} bytes, {expected:,} in all, got {size:,} "
            "bytes. Delete it and unpack the official archive again."
        )
    records = np.fromfile(path, np.uint8).reshape(num_records, _RECORD_BYTES)
    labels = records[:, 0]
    if labels.max() > 9:
        raise ValueError(
            f"{path} is damaged or is not a CIFAR-10 file: expected labels 0..9, got "
            f"{labels.max()} in record {labels.argmax()}. Unpack the official archive "
            "again."
        )
    return records
