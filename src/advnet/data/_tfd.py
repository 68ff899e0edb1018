"""The Toronto Face Database's ``.mat`` layout."""

import os
from pathlib import Path

import numpy as np

from advnet.data._dataset import Dataset, Split, unit_interval
from advnet.data._mat import read_mat

_VARIABLES = {
    "images": "[n, h, w]",
    "labs_ex": "[n] or [n, 1]",
    "folds": "[n, num_folds]",
}
_UNLABELED, _TRAIN, _VALID, _TEST = range(4)
_NUM_EXPRESSIONS = 7


def tfd(path: str | os.PathLike[str], *, fold: int = 0) -> Dataset:
    """Reads a file in the layout of the Toronto Face Database (TFD).

    The variables read are ``images`` uint8 [n, h, w], ``labs_ex`` [n, 1] with the
    expressions 1..7, and ``folds`` [n, 5] with 0 unlabeled, 1 train, 2 valid, 3 test.
    The paper trains on `unlabeled` first, then on `train`.

    Args:
      path: The ``.mat`` file. TFD itself is given out on request only; other faces in
        its layout are welcome, under their own name: it becomes the data set's.
      fold: Which of the folds, 0..4.

    Returns:
      The fold, named after the file (without ``.mat``). Images are [n, h, w, 1],
      labels 0..6, one less than in the file; `unlabeled` has none.

    Raises:
      ValueError: If the file is damaged or lacks a variable, or one has another shape
        or other values; or if there is no such fold.

    Examples:
      >>> import pathlib, tempfile
      >>> import numpy as np, scipy.io
      >>> from advnet import data
      >>> faces = np.zeros((4, 48, 48), np.uint8)
      >>> folds = np.tile([[1], [2], [3], [0]], 5)
      >>> labels = [[7], [1], [2], [-1]]
      >>> variables = {"images": faces, "labs_ex": labels, "folds": folds}
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = pathlib.Path(folder, "my_faces.mat")
      ...     scipy.io.savemat(path, variables)
      ...     dataset = data.tfd(path, fold=4)
      >>> dataset.name, dataset.train.x.shape, dataset.train.y.tolist()
      ('my_faces', (1, 48, 48, 1), [6])
    """
    path = Path(path).expanduser()
    images, labels, folds = _read_variables(path)
    if not 0 <= fold < folds.shape[1]:
        raise ValueError(
            f"Expected a fold in 0..{folds.shape[1] - 1} of {path}, got {fold}."
        )
    role = folds[:, fold]
    _check_roles(role, path)
    _check_labels(labels[role != _UNLABELED], path)

    def split(which: int) -> Split:
        chosen = role == which
        expressions = labels[chosen].astype(np.int32) - np.int32(1)
        x = unit_interval(images[chosen][..., np.newaxis])
        return Split(x, None if which == _UNLABELED else expressions)

    return Dataset(
        train=split(_TRAIN),
        valid=split(_VALID),
        test=split(_TEST),
        unlabeled=split(_UNLABELED) if np.any(role == _UNLABELED) else None,
        name=path.stem,
    )


def _read_variables(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images [n, h, w], labels [n] and folds [n, num_folds], checked for shape."""
    variables = read_mat(path, _VARIABLES)
    missing = [name for name in _VARIABLES if name not in variables]
    if missing:
        raise ValueError(
            f"{path} lacks {', '.join(missing)}: expected the numeric variables "
            f"{', '.join(_VARIABLES)} of the TFD layout."
        )
    images, labels, folds = (variables[name] for name in _VARIABLES)
    n = images.shape[0] if images.ndim else 0
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape:
        raise _wrong("images", "uint8 ", images, path)
    if labels.size != n or labels.shape[:1] != (n,) or labels.dtype.kind not in "iuf":
        raise _wrong("labs_ex", f"numbers with n={n}, ", labels, path)
    if folds.ndim != 2 or len(folds) != n or folds.dtype.kind not in "iuf":
        raise _wrong("folds", f"numbers with n={n}, ", folds, path)
    return images, labels.reshape(n), folds


def _check_roles(role: np.ndarray, path: Path) -> None:
    if not np.isin(role, range(4)).all():
        raise ValueError(
            f"{path}: expected folds to hold 0 (unlabeled), 1 (train), 2 (valid) and "
            f"3 (test), got {np.unique(role)[:10].tolist()}."
        )
    for name, which in (("train", _TRAIN), ("valid", _VALID), ("test", _TEST)):
        if not np.any(role == which):
            raise ValueError(f"{path}: expected {name} examples in the fold, got none.")


def _check_labels(labels: np.ndarray, path: Path) -> None:
    if not np.isin(labels, range(1, _NUM_EXPRESSIONS + 1)).all():
        raise ValueError(
            f"{path}: expected labs_ex in 1..{_NUM_EXPRESSIONS} for labeled images, "
            f"got {np.unique(labels)[:10].tolist()}."
        )


def _wrong(name: str, expected: str, got: np.ndarray, path: Path) -> ValueError:
    return ValueError(
        f"{path}: expected {name} to be {expected}{_VARIABLES[name]}, got {got.dtype} "
        f"{list(got.shape)}."
    )
