"""Loaders of the data that recipes train on."""

from pathlib import Path

import numpy as np

from advnet import data
from advnet.data import Dataset, Split


def mnist(path: Path | None) -> Dataset:
    """Load MNIST from its official files, or the 5,000 digits that a package ships."""
    return data.mnist_5k() if path is None else data.mnist(path)


def cifar10(path: Path | None) -> Dataset:
    """Load CIFAR-10 with the contrast normalization of the paper."""
    dataset = data.cifar10(path)
    normalized = (
        part._replace(x=data.contrast_normalized(part.x)) for part in dataset[:3]
    )
    return Dataset(*normalized, name=dataset.name, split=dataset.split)


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
