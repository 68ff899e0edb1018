"""The ``.mat`` layout of the Toronto Face Database."""

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
    """Read a file in the layout of the Toronto Face Database (TFD).

    The file has the variables ``images``, uint8 [n, h, w]; ``labs_ex`` [n, 1], the
    expressions 1..7; and ``folds`` [n, 5], with 0 for unlabeled examples, 1 for train,
    2 for valid and 3 for test. The paper trains on `unlabeled` first, then on `train`.

    Args:
      path: The ``.mat`` file. TFD itself is available from its authors on request;
        other faces in the same layout can be read too.
      fold: Index of the fold, 0..4.

    Returns:
      The fold, as a data set named after the file, without ``.mat``. Images are
      [n, h, w, 1]. Labels are 0..6, one less than in the file; `unlabeled` has no
      labels.

    Raises:
      ValueError: If the file is damaged or lacks a variable, if a variable has another
        shape or impossible values, or if the fold does not exist.

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
    roles = folds[:, fold]
    _check_roles(roles, path)
    _check_labels(labels[roles != _UNLABELED], path)

    def split(code: int) -> Split:
        members = roles == code
        expressions = labels[members].astype(np.int32) - np.int32(1)
        x = unit_interval(images[members][..., np.newaxis])
        return Split(x, None if code == _UNLABELED else expressions)

    return Dataset(
        train=split(_TRAIN),
        valid=split(_VALID),
        test=split(_TEST),
        unlabeled=split(_UNLABELED) if np.any(roles == _UNLABELED) else None,
        name=path.stem,
        split=f"fold {fold} of the file",
    )


def _read_variables(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read images [n, h, w], labels [n] and folds [n, num_folds]; check shapes."""
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
        raise _shape_error("images", "uint8 ", images, path)
    if labels.size != n or labels.shape[:1] != (n,) or labels.dtype.kind not in "iuf":
        raise _shape_error("labs_ex", f"numbers with n={n}, ", labels, path)
    if folds.ndim != 2 or len(folds) != n or folds.dtype.kind not in "iuf":
        raise _shape_error("folds", f"numbers with n={n}, ", folds, path)
    return images, labels.reshape(n), folds


def _check_roles(roles: np.ndarray, path: Path) -> None:
    """Raise if a fold holds unknown codes, or no examples for a labeled split."""
    if not np.isin(roles, range(4)).all():
        raise ValueError(
            f"{path}: expected folds to hold 0 (unlabeled), 1 (train), 2 (valid) and "
            f"3 (test), got {np.unique(roles)[:10].tolist()}."
        )
    for name, code in (("train", _TRAIN), ("valid", _VALID), ("test", _TEST)):
        if not np.any(roles == code):
            raise ValueError(
                f"{path}: expected {name} examples in the fold, got none. Choose "
                "another fold."
            )


def _check_labels(labels: np.ndarray, path: Path) -> None:
    """Raise if a label is not one of the seven expressions."""
    if not np.isin(labels, range(1, _NUM_EXPRESSIONS + 1)).all():
        raise ValueError(
            f"{path}: expected labs_ex in 1..{_NUM_EXPRESSIONS} for labeled images, "
            f"got {np.unique(labels)[:10].tolist()}."
        )


def _shape_error(name: str, expected: str, array: np.ndarray, path: Path) -> ValueError:
    """Build the error for a variable of another type or shape."""
    return ValueError(
        f"{path}: expected {name} to be {expected}{_VARIABLES[name]}, got "
        f"{array.dtype} {list(array.shape)}."
    )
