"""The data a command is asked to train on or to look at."""

import numpy as np

from advnet import data
from advnet.cli._options import Fit, Train
from advnet.data import Dataset, Split


def published(options: Train) -> Dataset:
    """The data of a recipe, as the paper split and scaled them."""
    folder = options.data_dir
    if options.recipe.startswith("mnist"):
        return data.mnist_5k() if folder is None else data.mnist(folder)
    if options.recipe.startswith("tfd"):
        return _faces(options)
    dataset = data.cifar10(folder)
    normalized = (
        part._replace(x=data.contrast_normalized(part.x)) for part in dataset[:3]
    )
    return Dataset(*normalized, name=dataset.name)


def _faces(options: Train) -> Dataset:
    """A fold of the faces; the first stage, and today's, learn from the unlabeled."""
    if options.data_dir is None:
        raise ValueError(
            "The Toronto Face Database is given out on request: give its .mat file, "
            "or other faces in its layout, with --data-dir."
        )
    place = options.data_dir.expanduser()
    files = sorted(place.glob("*.mat")) if place.is_dir() else [place]
    if len(files) != 1:
        raise ValueError(f"Expected one .mat file in {place}, found {len(files)}.")
    dataset = data.tfd(files[0], fold=options.fold)
    if options.recipe == "tfd_2014" or dataset.unlabeled is None:
        return dataset
    learned_from = dataset.unlabeled.x
    if options.recipe == "tfd":
        learned_from = np.concatenate([learned_from, dataset.train.x])
    return dataset._replace(train=Split(learned_from), unlabeled=None)


def own(options: Fit) -> Dataset:
    """The user's examples, shuffled: eight tenths to learn from."""
    x = examples(options.data, options.key)
    if len(x) < 10:
        raise ValueError(f"Expected at least 10 examples, got {len(x)}.")
    x = x[np.random.default_rng(options.seed).permutation(len(x))]
    tenth = len(x) // 10
    test, valid, train = np.split(x, [tenth, 2 * tenth])
    return Dataset(
        Split(train), Split(valid), Split(test), name=options.data.name or "data"
    )


def examples(path, key: str | None = None) -> np.ndarray:
    """An array [n, ...] of finite float32 from a file or a folder of images."""
    found = data.load(path, key=key)
    if isinstance(found, dict):
        if len(found) != 1:
            raise ValueError(
                f"{path} holds {sorted(found)}; say which with --key NAME."
            )
        found = next(iter(found.values()))
    x = found.x if isinstance(found, Split) else found
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim == 0 or np.iscomplexobj(x):
        raise ValueError(f"Expected real examples [n, ...] in {path}, got {x.dtype}.")
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    wrong = ~(np.abs(x) < 1e18)  # squares of larger values overflow; NaN fails too
    if wrong.any():
        where = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"{path} holds NaN or values beyond 1e18, the first at {where}. Remove or "
            "rescale them."
        )
    return x
