"""The user's own data: arrays, tables and folders of images."""

import os
from pathlib import Path

import numpy as np

from advnet._files import check_regular_file
from advnet.data._csv import SEPARATORS, read_csv
from advnet.data._dataset import IMAGE_CHANNELS, Split, unit_interval
from advnet.data._image_folder import image_folder
from advnet.data._npy import read_npy, read_npz


def load(
    path: str | os.PathLike[str], *, key: str | None = None, as_bytes: bool = False
) -> np.ndarray | dict[str, np.ndarray] | Split:
    """Read an array, an archive of arrays, a table or a folder of images.

    Arrays may have any shape: vectors, tables, images. Values are returned as they are
    stored, with one exception. A uint8 array of two or more dimensions holds pixels: it
    becomes float32 in [0, 1], and gray images [n, h, w] become [n, h, w, 1]. A uint8
    vector usually holds labels and stays as it is. Pickles are never loaded.

    Args:
      path: A ``.npy`` file, a ``.npz`` file, a ``.csv`` or ``.tsv`` file of numbers
        with or without a first row of names, or a folder of images.
      key: Name of one array in a ``.npz`` file.
      as_bytes: Whether images stay uint8, [n, h, w, c] with c of 1, 3 or 4, in a
        quarter of the memory.

    Returns:
      The array of a ``.npy`` file. For ``.npz``, a dict from names to arrays, or the
      array named `key`. For a table, float64 [n, d]. For a folder, the `Split` that
      `image_folder` returns.

    Raises:
      FileNotFoundError: If `path` does not exist.
      KeyError: If the archive has no array named `key`.
      ValueError: If the file is damaged, of another kind, or holds values that are not
        numbers; or if `key` is passed for a file that is not an archive.

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
    if kind != "folder":
        check_regular_file(path)
    if kind not in ("folder", ".npy", ".npz", *SEPARATORS):
        raise ValueError(
            "Expected a .npy, .npz, .csv or .tsv file or a folder of images, got "
            f"{path}. Read published files with read_idx(), mnist(), cifar10() or "
            "tfd(); save any other data as an array, numpy.save('mine.npy', x)."
        )
    if kind != ".npz" and key is not None:
        raise ValueError(f"key={key!r} names an array of a .npz file, got {path}.")
    if kind == "folder":
        return image_folder(path, as_bytes=as_bytes)
    if kind in SEPARATORS:
        return read_csv(path)
    if kind == ".npy":
        return _scale_pixels(read_npy(path), as_bytes)
    arrays = {
        name: _scale_pixels(array, as_bytes)
        for name, array in read_npz(path, key).items()
    }
    return arrays if key is None else arrays[key]


def _scale_pixels(array: np.ndarray, as_bytes: bool) -> np.ndarray:
    """Scale uint8 pixels to [0, 1] unless they stay bytes; keep any other array."""
    if array.dtype != np.uint8 or array.ndim < 2:
        return array
    pixels = array[..., None] if array.ndim == 3 else array
    is_image = pixels.ndim == 4 and pixels.shape[-1] in IMAGE_CHANNELS
    return pixels if as_bytes and is_image else unit_interval(pixels)
