"""Loaders of the data that recipes train on."""

from pathlib import Path

import numpy as np

from advnet import data
from advnet.data import Dataset, Split

_MIN_EXAMPLES = 10


def mnist(path: Path | None) -> Dataset:
    """Load MNIST from its official files, or the 5,000 digits that a package ships."""
    return data.mnist_5k() if path is None else data.mnist(path)


def cifar10(path: Path | None) -> Dataset:
    """Load CIFAR-10 with the contrast normalization of the paper."""
    dataset = data.cifar10(path)
    normalized = (
        part._replace(x=data.contrast_normalized(part.x)) for part in dataset[:3]
    )
    return Dataset(*normalized, name=dataset.name)


def labeled_faces(path: Path | None, *, fold: int) -> Dataset:
    """Load one fold of the faces, the unlabeled faces beside it."""
    return _faces(path, fold)


def unlabeled_faces(path: Path | None, *, fold: int) -> Dataset:
    """Load one fold of the faces with the unlabeled faces as its training split."""
    dataset = _faces(path, fold)
    if dataset.unlabeled is None:
        return dataset
    return dataset._replace(train=Split(dataset.unlabeled.x), unlabeled=None)


def all_faces(path: Path | None, *, fold: int) -> Dataset:
    """Load one fold of the faces with all faces that may be trained on as its split."""
    dataset = _faces(path, fold)
    if dataset.unlabeled is None:
        return dataset
    faces = np.concatenate([dataset.unlabeled.x, dataset.train.x])
    return dataset._replace(train=Split(faces), unlabeled=None)


def load_user_data(
    source: Path | np.ndarray | None, *, key: str | None, seed: int
) -> Dataset:
    """Load the user's examples, shuffled by `seed`: a tenth to test, one to validate.

    Args:
      source: A file, a folder of images, or an array [n, ...].
      key: Name of an array in a .npz file.
      seed: Seed of the permutation.

    Raises:
      OSError: If there is no such file.
      ValueError: If there are fewer than 10 examples, or their values do not fit.
    """
    if source is None:
        raise ValueError(
            "Expected data: a file, a folder of images or an array [n, ...]; got None. "
            "Pass data=..., or the name of a recipe."
        )
    x = data.load_examples(source, key=key)
    if len(x) < _MIN_EXAMPLES:
        raise ValueError(f"Expected at least {_MIN_EXAMPLES} examples, got {len(x)}.")
    x = x[np.random.default_rng(seed).permutation(len(x))]
    tenth = len(x) // 10
    test, valid, train = np.split(x, [tenth, 2 * tenth])
    name = source.name if isinstance(source, Path) else "array"
    return Dataset(Split(train), Split(valid), Split(test), name=name or "data")


def _faces(path: Path | None, fold: int) -> Dataset:
    if path is None:
        raise ValueError(
            "The Toronto Face Database is given out on request: give its .mat file, "
            "or other faces in its layout, with --data-dir."
        )
    path = path.expanduser()
    files = sorted(path.glob("*.mat")) if path.is_dir() else [path]
    if len(files) != 1:
        raise ValueError(f"Expected one .mat file in {path}, found {len(files)}.")
    return data.tfd(files[0], fold=fold)
