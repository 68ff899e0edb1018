"""The image files of a folder: their names, classes, fingerprint and pixels."""

import collections
import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from advnet.data._image_decode import Decoded, check_image_options, read_image

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_FILES_PER_TASK = 32  # a task for each small file would cost more than its decoding


class ImageFiles(NamedTuple):
    """Image files of a folder, sorted by path.

    Attributes:
      folder: The folder.
      paths: Paths of the files.
      labels: Index of the class folder of each file, int32 [n], or None.
      class_names: Names of the class folders, sorted; None without class folders.
    """

    folder: Path
    paths: list[Path]
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None

    def digest(self, *options: object) -> str:
        """Compute a digest of names, sizes and times of the files, and of options.

        The files are not read, so that a folder of 100,000 files takes a second.
        """
        total = hashlib.blake2b(repr(options).encode(), digest_size=16)
        for path in self.paths:
            status = path.stat()
            name = path.relative_to(self.folder).as_posix()
            total.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return total.hexdigest()


def list_images(path: str | os.PathLike[str]) -> ImageFiles:
    """List the images of a folder, without reading them.

    Args:
      path: A folder as for `image_folder`.

    Returns:
      The files, their classes and the names of the classes.

    Raises:
      FileNotFoundError: If the folder does not exist or has no images.
      OSError: If a subfolder cannot be listed.
      ValueError: If some images are in subfolders and others are not.

    Examples:
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = pathlib.Path(folder, "cat", "0.png")
      ...     path.parent.mkdir()
      ...     path.touch()
      ...     list_images(folder).class_names
      ('cat',)
    """
    folder = Path(path).expanduser()
    paths = _image_paths(folder)
    classes = _class_folders([path.relative_to(folder) for path in paths], folder)
    if classes is None:
        return ImageFiles(folder, paths, None, None)
    names, labels = np.unique(classes, return_inverse=True)
    return ImageFiles(
        folder, paths, labels.astype(np.int32), tuple(str(name) for name in names)
    )


def read_images(
    paths: list[Path],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    skip_damaged: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Read files in several threads into one array of bytes.

    Args:
      paths: The files.
      size: (height, width), or None for the size of the files.
      channels: Number of channels, or None for the channels of the files.
      skip_damaged: Whether files that cannot be read are left out, with a warning that
        counts them.

    Returns:
      Pixels uint8 [m, h, w, c] and the indices of the files that were read, int [m].

    Raises:
      ValueError: If a file is damaged, shapes differ, or `size` or `channels` is
        impossible.

    Examples:
      >>> from PIL import Image
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     Image.new("L", (8, 6), 51).save(f"{folder}/0.png")
      ...     pixels, indices = read_images(list_images(folder).paths)
      >>> pixels.dtype, pixels.shape, indices.tolist()
      (dtype('uint8'), (1, 6, 8, 1), [0])
    """
    check_image_options(size, channels)
    losses: collections.Counter[str] = collections.Counter()
    damaged: list[ValueError] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start, first = _first_image(paths, size, channels, skip_damaged, damaged)
        pixels = np.empty((len(paths), *first.pixels.shape), np.uint8)
        is_read = np.zeros(len(paths), bool)

        def read(indices: range) -> list[str]:
            file_losses = []
            for index in indices:
                try:
                    image = read_image(paths[index], size, channels)
                except ValueError as error:
                    if not skip_damaged:
                        raise
                    damaged.append(error)
                    continue
                check_same_shape(paths[start], first.pixels, paths[index], image.pixels)
                pixels[index], is_read[index] = image.pixels, True
                file_losses += image.losses
            return file_losses

        tasks = [
            range(i, min(i + _FILES_PER_TASK, len(paths)))
            for i in range(start, len(paths), _FILES_PER_TASK)
        ]
        pool = ThreadPoolExecutor(os.cpu_count() or 1)
        try:
            for file_losses in pool.map(read, tasks):
                losses.update(file_losses)
        finally:
            pool.shutdown(cancel_futures=True)
    _warn(len(paths), losses, damaged)
    indices = np.flatnonzero(is_read)
    if len(indices) < len(paths):  # move rows in place: a copy may not fit in memory
        for row, index in enumerate(indices):
            pixels[row] = pixels[index]
    return pixels[: len(indices)], indices


def _first_image(
    paths: list[Path],
    size: tuple[int, int] | None,
    channels: int | None,
    skip_damaged: bool,
    damaged: list[ValueError],
) -> tuple[int, Decoded]:
    """Return the first image that can be read, and its index."""
    for index, path in enumerate(paths):
        try:
            return index, read_image(path, size, channels)
        except ValueError as error:
            if not skip_damaged:
                raise
            damaged.append(error)
    raise ValueError(
        f"Expected images, got {len(paths)} files that cannot be read. The last of "
        f"them: {damaged[-1]}"
    )


def _warn(
    num: int, losses: collections.Counter[str], damaged: list[ValueError]
) -> None:
    """Warn of content that was lost, and of files that were left out."""
    for loss, count in sorted(losses.items()):
        warnings.warn(f"{count:,} of {num:,} images {loss}.", stacklevel=4)
    if damaged:
        example = min(map(str, damaged))  # threads read in any order
        warnings.warn(
            f"Left out {len(damaged):,} of {num:,} images that cannot be read; for "
            f"example: {example}",
            stacklevel=4,
        )


def _image_paths(folder: Path) -> list[Path]:
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
            f"Skipped files of {folder} that are not images "
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


def _class_folders(files: list[Path], folder: Path) -> list[str] | None:
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
    return classes


def check_same_shape(
    first_path: Path, first: np.ndarray, path: Path, image: np.ndarray
) -> None:
    """Raise if an image differs in shape from the first image."""
    if image.shape == first.shape:
        return
    arguments, options = [], []
    if image.shape[:2] != first.shape[:2]:
        arguments.append("size=(h, w)")
        options.append("--size H W")
    if image.shape[2] != first.shape[2]:
        arguments.append("channels=3")
        options.append("--channels 3")
    raise ValueError(
        f"Expected images of one shape, got {list(first.shape)} for {first_path} and "
        f"{list(image.shape)} for {path}. Pass {', '.join(arguments)}, or "
        f"{' '.join(options)} to `advnet fit`."
    )
