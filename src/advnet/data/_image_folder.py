"""A folder of image files as one array, or as a source of examples."""

import os

import numpy as np

from advnet.data._dataset import Split, unit_interval
from advnet.data._image_decode import check_image_options, read_image
from advnet.data._image_files import (
    ImageFiles,
    check_same_shape,
    list_images,
    read_images,
)


def image_folder(
    path: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    skip_damaged: bool = False,
    as_bytes: bool = False,
) -> Split:
    """Read all images of a folder in several threads, in the order of their names.

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
        the same number; gray images have one. Losses of alpha, and of the lower 8 of
        16 bits, are counted in a warning.
      skip_damaged: Whether images that cannot be read are left out, with a warning that
        counts them.
      as_bytes: Whether to return uint8 pixels in place of float32 in [0, 1], which need
        four times the memory.

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
    check_image_options(size, channels)
    files = list_images(path)
    pixels, indices = read_images(
        files.paths, size=size, channels=channels, skip_damaged=skip_damaged
    )
    labels = None if files.labels is None else files.labels[indices]
    return Split(pixels if as_bytes else unit_interval(pixels), labels)


class ImageSource:
    """Images of a folder that are decoded when they are read; see `image_source`.

    Attributes:
      files: The files, their labels and the names of the classes.
      shape: Shape of an image, (h, w, c).
    """

    def __init__(
        self, files: ImageFiles, size: tuple[int, int] | None, channels: int | None
    ):
        """Read the first image, whose shape all images must have."""
        self.files = files
        self._size, self._channels = size, channels
        self._first = read_image(files.paths[0], size, channels).pixels
        self.shape = self._first.shape

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files.paths)

    def __getitem__(self, index: int, /) -> np.ndarray | Split:
        """Decode an image, float32 [h, w, c] in [0, 1]; with its label, a `Split`."""
        path = self.files.paths[index]
        pixels = read_image(path, self._size, self._channels).pixels
        check_same_shape(self.files.paths[0], self._first, path, pixels)
        x = unit_interval(pixels)
        labels = self.files.labels
        return x if labels is None else Split(x, labels[index])


def image_source(
    path: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
) -> ImageSource:
    """Open a folder of images that is larger than the memory.

    Args:
      path: A folder as for `image_folder`.
      size: (height, width) of the result; see `image_folder`.
      channels: 1, 3 or 4; see `image_folder`.

    Returns:
      A `Source` for `from_source`, which decodes several images at the same time.

    Raises:
      FileNotFoundError: If the folder does not exist or has no images.
      ValueError: As `image_folder`; for a damaged image, when it is read.
      ImportError: If Pillow is not installed.

    Examples:
      >>> import pathlib, tempfile
      >>> import jax
      >>> from PIL import Image
      >>> from advnet import data
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     Image.new("L", (8, 6), 51).save(f"{folder}/0.png")
      ...     source = data.image_source(folder, size=(4, 4))
      ...     batches = data.from_source(source, 2, key=jax.random.key(0))
      ...     print(batches(0).shape)
      (2, 4, 4, 1)
    """
    check_image_options(size, channels)
    check_image_options(size, channels)
    return ImageSource(list_images(path), size, channels)
