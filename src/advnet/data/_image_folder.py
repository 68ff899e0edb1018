"""A folder of image files as one array."""

import collections
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from advnet._extras import require
from advnet.data._damage import damage_as_value_error
from advnet.data._dataset import Split, unit_interval

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
# Number of channels for each of Pillow's modes if the caller does not choose.
_NATURAL_CHANNELS = {"1": 1, "L": 1, "RGB": 3, "CMYK": 3, "P": 3, "RGBA": 4, "LA": 4}
# Limit for the size that a damaged header may declare: 8192 x 8192.
_MAX_PIXELS = 1 << 26


def image_folder(
    path: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
) -> Split:
    """Read all images of a folder, in the order of their names.

    PNG, JPEG, BMP and WebP files are read and rotated upright according to their EXIF
    data. Files whose name begins with a dot are skipped; other files are skipped with a
    warning that counts them. A folder behind a link is read once.

    Args:
      path: A folder of images, or a folder with one subfolder of images per class.
        Subfolders may be nested to any depth.
      size: (height, width) of the result. The largest centered part of each image with
        this aspect ratio is resampled (bicubic, antialiased). By default images keep
        their size, and all sizes must be equal.
      channels: 1 (gray), 3 (RGB) or 4 (RGB and alpha). Conversion from 4 to 3 or 1
        drops alpha. By default images keep their channels, and all images must have
        the same number; gray images have one.

    Returns:
      Images [n, h, w, c]. A label is the index of the subfolder's name in the sorted
      list of these names; labels are None if the images are not in subfolders.

    Raises:
      FileNotFoundError: If the folder does not exist or has no images.
      OSError: If a subfolder cannot be listed.
      ValueError: If an image is damaged, shapes differ, some images are in subfolders
        and others are not, or `size` or `channels` is impossible.
      ImportError: If Pillow is not installed.

    Examples:
      >>> import pathlib, tempfile
      >>> from PIL import Image
      >>> from advnet import data
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     for name in ("cat", "dog"):
      ...         pathlib.Path(folder, name).mkdir()
      ...         Image.new("L", (8, 6), 51).save(f"{folder}/{name}/0.png")
      ...     x, y = data.image_folder(folder, size=(4, 4))
      >>> x.shape, round(float(x[0, 0, 0, 0]), 3), y.tolist()
      ((2, 4, 4, 1), 0.2, [0, 1])
    """
    folder = Path(path).expanduser()
    _check_arguments(size, channels)
    files = _image_files(folder)
    labels = _subfolder_labels([file.relative_to(folder) for file in files], folder)
    first = _read_image(files[0], size, channels)
    pixels = np.empty((len(files), *first.shape), np.uint8)
    for index, file in enumerate(files):
        image = first if index == 0 else _read_image(file, size, channels)
        _check_same_shape(files[0], first, file, image)
        pixels[index] = image
    return Split(unit_interval(pixels), labels)


def _check_arguments(size: tuple[int, int] | None, channels: int | None) -> None:
    """Raise if `size` or `channels` is impossible."""
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise ValueError(f"Expected size=(height, width), both >= 1, got {size}.")
    if channels is not None and channels not in _MODES:
        raise ValueError(f"Expected channels in {[*_MODES]} or None, got {channels}.")


def _image_files(folder: Path) -> list[Path]:
    """List the image files of a folder and its subfolders, sorted by path."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    visible = _visible_files(folder)
    files = sorted(file for file in visible if _is_image_file(file))
    if not files:
        raise FileNotFoundError(
            f"{folder} has no images in it; looked for {', '.join(_SUFFIXES)}, also in "
            "its subfolders."
        )
    skipped = collections.Counter(
        (file.suffix or file.name) if file.exists() else "broken link"
        for file in visible
        if not _is_image_file(file)
    )
    if skipped:
        kinds = ", ".join(f"{num} {kind}" for kind, num in sorted(skipped.items()))
        warnings.warn(
            f"Skipped {skipped.total()} files of {folder} that are not images "
            f"({', '.join(_SUFFIXES)}): {kinds}.",
            stacklevel=3,
        )
    return files


def _visible_files(folder: Path) -> list[Path]:
    """List the files of a folder and its subfolders, each linked folder once."""
    files, visited = [], set()
    for place, subfolders, names in os.walk(folder, onerror=_raise, followlinks=True):
        real = os.path.realpath(place)
        if real in visited:  # behind another link, or a link to a folder above
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(name for name in subfolders if name[0] != ".")
        files += [Path(place, name) for name in names if name[0] != "."]
    return files


def _raise(error: OSError) -> None:
    """Raise the error of a folder that cannot be listed, which `os.walk` leaves out."""
    raise error


def _is_image_file(file: Path) -> bool:
    return file.suffix.lower() in _SUFFIXES and file.is_file()


def _subfolder_labels(files: list[Path], folder: Path) -> np.ndarray | None:
    """Return the class of each file, or None if the files are not in subfolders.

    Args:
      files: Paths relative to `folder`.
      folder: The folder, for the error.
    """
    top_files = [path for path in files if len(path.parts) == 1]
    classes = [path.parts[0] for path in files if len(path.parts) > 1]
    if not classes:
        return None
    if top_files:
        raise ValueError(
            f"{folder} has images both in it ({top_files[0]}) and in subfolders "
            f"({classes[0]}). Move all of them into subfolders, one per class, or none."
        )
    return np.unique(classes, return_inverse=True)[1].astype(np.int32)


def _read_image(
    path: Path, size: tuple[int, int] | None, channels: int | None
) -> np.ndarray:
    """Read one image as uint8 [h, w, c]."""
    image = _decode(path)
    natural = _natural_channels(image, path)
    image = image.convert(_MODES[channels or natural])
    if size is not None:
        pil, ops = require("PIL.Image", "data"), require("PIL.ImageOps", "data")
        image = ops.fit(image, size[::-1], method=pil.Resampling.BICUBIC)
    return np.asarray(image).reshape(image.height, image.width, -1)


def _decode(path: Path) -> Any:
    """Read a file as an upright Pillow image of any mode."""
    pil, ops = require("PIL.Image", "data"), require("PIL.ImageOps", "data")
    with damage_as_value_error(str(path), "an image", pil.DecompressionBombError):
        image = pil.open(path, formats=_FORMATS)
    with image:
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError(
                f"{path}: expected at most {_MAX_PIXELS:,} pixels, got {image.width} x "
                f"{image.height}. Make the image smaller."
            )
        with damage_as_value_error(str(path), "an image", pil.DecompressionBombError):
            image.load()
            return ops.exif_transpose(image)


def _natural_channels(image: Any, path: Path) -> int:
    """Return the number of channels that keeps all content of an 8-bit image."""
    if image.mode not in _NATURAL_CHANNELS:
        raise ValueError(
            f"{path}: expected 8 bits per channel, in one of Pillow's modes "
            f"{[*_NATURAL_CHANNELS]}, got mode {image.mode}. Convert the image."
        )
    transparent = image.mode == "P" and "transparency" in image.info
    return 4 if transparent else _NATURAL_CHANNELS[image.mode]


def _check_same_shape(
    first_path: Path, first: np.ndarray, path: Path, image: np.ndarray
) -> None:
    """Raise if an image differs in shape from the first image."""
    if image.shape == first.shape:
        return
    argument = "size=(h, w)" if image.shape[:2] != first.shape[:2] else "channels=3"
    folder = os.path.commonpath([first_path.parent, path.parent])
    raise ValueError(
        f"Expected images of one shape, got {list(first.shape)} for {first_path} and "
        f"{list(image.shape)} for {path}. Convert them in Python and save the array: "
        f"numpy.save('mine.npy', advnet.data.image_folder({folder!r}, {argument}).x)."
    )
