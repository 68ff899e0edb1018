"""Loading of the user's own data, with their labels, split by a seed."""

import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet import data
from advnet.data import Dataset, ImageFiles, Split
from advnet.recipes._for_data import looks_like_series
from advnet.recipes._windows import load_windows

NO_LABELS = "none"
"""Value of the option `labels` that ignores class folders."""

_MIN_EXAMPLES = 10
_MAX_CLASS_SHARE = 0.5  # of classes among examples: more are numbers, not classes


class _Labels(NamedTuple):
    """Classes of examples.

    Attributes:
      y: Index of the class of each example, int32 [n].
      names: Names of the classes, sorted.
    """

    y: np.ndarray
    names: tuple[str, ...]


def load_user_data(
    source: Path | np.ndarray | None,
    *,
    key: str | None = None,
    seed: int,
    labels: Path | str | np.ndarray | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    skip_damaged: bool = False,
    kind: str | None = None,
    window: int | None = None,
    stride: int | None = None,
    time: str | None = None,
) -> Dataset:
    """Load the user's examples, shuffled by `seed`: a tenth to test, one to validate.

    Images of a folder, and arrays uint8 [n, h, w, c], stay bytes.

    Args:
      source: A file, a folder of images, or an array [n, ...].
      key: Name of an array in a .npz file.
      seed: Seed of the permutation.
      labels: Classes: an array [n], a .npy file of integers or text, or "none". By
        default class folders are the labels.
      size: (height, width) of images of a folder.
      channels: Channels of images of a folder.
      skip_damaged: Whether images that cannot be read are left out and counted.
      kind: "series" or "arrays"; None lets the shape decide.
      window: Length of the windows that a long table is cut into.
      stride: Rows between the starts of two windows.
      time: Column of a table by which its rows are sorted.

    Raises:
      OSError: If there is no such file.
      ValueError: If there are fewer than 10 examples, their values do not fit, labels
        are not one class for each example, or an option does not apply.
    """
    if source is None:
        raise ValueError(
            "Expected data: a file, a folder of images or an array [n, ...]; got None. "
            "Pass data=..., or the name of a recipe."
        )
    folder = source.expanduser() if isinstance(source, Path) else Path()
    is_folder = isinstance(source, Path) and folder.is_dir()
    _check_series_options(window, stride, time, kind, is_folder, labels)
    if window is not None:
        return load_windows(source, key=key, window=window, stride=stride, time=time)
    if is_folder:
        if key is not None:
            raise ValueError(
                f"key={key!r} names an array of a .npz file, got {source}."
            )
        return _load_folder(folder, labels, seed, (size, channels, skip_damaged))
    options = {"size": size, "channels": channels, "skip_damaged": skip_damaged}
    for name, value in options.items():
        if value:
            raise ValueError(
                f"Expected a folder of images for {name}, got "
                f"{source if isinstance(source, Path) else 'an array'}. Leave it out, "
                "or change the array itself."
            )
    x = _as_kind(data.load_examples(source, key=key, as_bytes=True), kind)
    _check_number(len(x))
    order = np.random.default_rng(seed).permutation(len(x))
    classes = None
    if not _is_text(labels, NO_LABELS) and labels is not None:
        classes = _encode(_read_labels(labels), len(x))
    name = source.name if isinstance(source, Path) else "array"
    dataset = _split(x[order], classes, order, name)
    if kind is None and looks_like_series(x.shape[1:]):
        kind = "series"
    return dataset._replace(kind=kind or "", split=name_split(seed))


def _check_series_options(
    window: int | None,
    stride: int | None,
    time: str | None,
    kind: str | None,
    is_folder: bool,
    labels: Any,
) -> None:
    """Raise if options of series do not go together, or with the other options."""
    if window is None:
        for name, value in {"stride": stride, "time": time}.items():
            if value is not None:
                raise ValueError(
                    f"Expected window with {name}={value!r}, got none. Pass the length "
                    "of the windows, or leave it out."
                )
    elif labels is not None or kind == "arrays":
        option = "kind" if kind == "arrays" else "labels"
        raise ValueError(
            f"Expected no {option} for windows of a long table, got {option}. Leave "
            "one of the two options out."
        )
    if is_folder and (window is not None or kind is not None):
        raise ValueError(
            "Expected a table or an array for window and kind, got a folder. Leave "
            "them out."
        )


def _as_kind(x: np.ndarray, kind: str | None) -> np.ndarray:
    """Return examples in the form of their kind, or raise if they are not series."""
    if kind != "series" or x.ndim == 3:
        return x
    if x.ndim != 2:
        raise ValueError(
            f"Expected series [n, t, c] or [n, t], got shape {list(x.shape)}. Reshape "
            "the array, or leave kind out."
        )
    return x[..., None]


def _load_folder(
    folder: Path, labels: Any, seed: int, options: tuple[Any, Any, bool]
) -> Dataset:
    """Load images in their shuffled order, so that they are in memory once."""
    size, channels, skip_damaged = options
    files = data.list_images(folder)
    _check_number(len(files.paths))
    classes = _folder_classes(files, labels)
    order = np.random.default_rng(seed).permutation(len(files.paths))
    x, indices = data.read_images(
        [files.paths[index] for index in order],
        size=size,
        channels=channels,
        skip_damaged=skip_damaged,
    )
    _check_number(len(x))
    dataset = _split(x, classes, order[indices], folder.resolve().name)
    digest = files.digest(size, channels)
    return dataset._replace(digest=digest, split=name_split(seed))


def name_split(seed: int) -> str:
    """Return the name of the split of shuffled examples."""
    return f"permuted, seed {seed}"


def _split(
    x: np.ndarray, classes: _Labels | None, order: np.ndarray, name: str
) -> Dataset:
    """Split shuffled examples [n, ...]; `order` holds their indices in the labels."""
    tenth = len(x) // 10
    cuts = [tenth, 2 * tenth]
    y = [None] * 3 if classes is None else np.split(classes.y[order], cuts)
    test, valid, train = map(Split, np.split(x, cuts), y)
    names = None if classes is None else classes.names
    dataset = Dataset(train, valid, test, name=name or "data", class_names=names)
    _warn_of_missing_classes(dataset)
    return dataset


def _check_number(num: int) -> None:
    if num < _MIN_EXAMPLES:
        raise ValueError(f"Expected at least {_MIN_EXAMPLES} examples, got {num}.")


def _is_text(labels: Any, text: str) -> bool:
    return isinstance(labels, str) and labels == text


def _folder_classes(files: ImageFiles, labels: Any) -> _Labels | None:
    """Return the classes of the files of a folder, or None without any."""
    if _is_text(labels, NO_LABELS):
        return None
    if labels is not None:
        return _encode(_read_labels(labels), len(files.paths))
    if files.labels is None or files.class_names is None or len(files.class_names) == 1:
        return None
    if len(files.class_names) > _MAX_CLASS_SHARE * len(files.paths):
        raise ValueError(
            f"Expected subfolders of {files.folder} that are classes, got "
            f"{len(files.class_names):,} subfolders with {len(files.paths):,} images. "
            "To train without labels, pass labels='none' (--labels none)."
        )
    return _Labels(files.labels, files.class_names)


def _read_labels(labels: Path | str | np.ndarray) -> np.ndarray:
    """Return labels of any type; a path is read."""
    if isinstance(labels, np.ndarray):
        return labels
    path = Path(labels).expanduser()
    if path.suffix.lower() != ".npy" or not path.exists():
        reason = "is not a .npy file" if path.exists() else "does not exist"
        raise ValueError(
            f"Expected labels as a .npy file, an array [n] or {NO_LABELS!r}, got "
            f"{os.fspath(labels)!r}, which {reason}. Save them: "
            "numpy.save('labels.npy', labels)."
        )
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"Expected a .npy file of integers or text in {path}, got {error}. Save "
            "them: numpy.save(path, numpy.array(labels, dtype=str))."
        ) from None


def _encode(labels: np.ndarray, num: int) -> _Labels:
    """Return the classes of labels that are integers, truth values or text."""
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    if labels.shape != (num,) or labels.dtype.kind not in "biuUS":
        raise ValueError(
            f"Expected labels [{num}] of integers or text, one for each example, got "
            f"{labels.dtype} {list(labels.shape)}. Numbers with fractions are not "
            "classes."
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    names, y = np.unique(labels, return_inverse=True)
    if not 2 <= len(names) <= max(2, _MAX_CLASS_SHARE * num):
        raise ValueError(
            f"Expected labels of at least 2 classes and at most half as many as "
            f"examples, got {len(names):,} classes of {num:,} examples. Pass "
            f"labels={NO_LABELS!r} to train without."
        )
    return _Labels(y.astype(np.int32), tuple(str(name) for name in names))


def _warn_of_missing_classes(dataset: Dataset) -> None:
    """Warn if a class has no training example."""
    if dataset.class_names is None or dataset.train.y is None:
        return
    counts = np.bincount(dataset.train.y, minlength=len(dataset.class_names))
    missing = [dataset.class_names[index] for index in np.flatnonzero(counts == 0)]
    if missing:
        warnings.warn(
            f"No training example of the classes {', '.join(missing)}: samples of them "
            "mean nothing. Add examples, or leave these classes out.",
            stacklevel=4,
        )
