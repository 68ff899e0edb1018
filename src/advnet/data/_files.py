"""A user's own data: arrays, tables and folders of images."""

import os
from pathlib import Path

import numpy as np

from advnet.data._csv import SEPARATORS, read_csv
from advnet.data._dataset import Split, unit_interval
from advnet.data._image_folder import image_folder
from advnet.data._npy import read_npy, read_npz


def load(
    path: str | os.PathLike[str], *, key: str | None = None
) -> np.ndarray | dict[str, np.ndarray] | Split:
    """Reads a user's own data: an array, arrays, a table, a folder of images.

    Arrays may have any shape (vectors, tables, images). Values are kept as they are,
    but uint8 of two or more dimensions is taken for pixels and becomes float32 in
    [0, 1], gray images [n, h, w] with an axis more, [n, h, w, 1]; uint8 vectors, which
    are labels more often, are kept. Pickles are never loaded.

    Args:
      path: A ``.npy`` file, a ``.npz`` file, a ``.csv`` or ``.tsv`` file of numbers,
        with or without a first row of names, or a folder of images.
      key: Picks one array of a ``.npz`` file.

    Returns:
      For ``.npy`` the array; for ``.npz`` a dict from names to arrays, or the array
      called `key`; for a table float64 [n, d]; for a folder ``image_folder(path)``, a
      `Split`.

    Raises:
      FileNotFoundError: If there is nothing at `path`.
      KeyError: If the archive has no array called `key`.
      ValueError: If the file is damaged, of another kind, or holds anything but
        numbers; or if `key` is given for anything but an archive.

    Examples:
      >>> import pathlib, tempfile
      >>> import numpy as np
      >>> from advnet import data
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = pathlib.Path(folder, "mine.npz")
      ...     np.savez(path, x=np.full((1, 2, 2), 255, np.uint8), y=np.array([3]))
      ...     data.load(path, key="x").shape, sorted(data.load(path))
      ((1, 2, 2, 1), ['x', 'y'])
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    kind = "folder" if path.is_dir() else path.suffix.lower()
    if kind not in ("folder", ".npy", ".npz", *SEPARATORS):
        raise ValueError(
            "Expected a .npy, .npz, .csv or .tsv file or a folder of images, got "
            f"{path}. Published files have readers of their own, read_idx(), mnist(), "
            "cifar10() and tfd(); save all else as an array, numpy.save('mine.npy', x)."
        )
    if kind != ".npz" and key is not None:
        raise ValueError(f"key={key!r} picks an array of a .npz file, got {path}.")
    if kind == "folder":
        return image_folder(path)
    if kind in SEPARATORS:
        return read_csv(path)
    if kind == ".npy":
        return _scaled(read_npy(path))
    arrays = {name: _scaled(array) for name, array in read_npz(path, key).items()}
    return arrays if key is None else arrays[key]


def _scaled(array: np.ndarray) -> np.ndarray:
    if array.dtype != np.uint8 or array.ndim < 2:
        return array
    pixels = unit_interval(array)
    return pixels[..., None] if pixels.ndim == 3 else pixels
