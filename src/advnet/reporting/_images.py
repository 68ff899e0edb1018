import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advnet._extras import require
from advnet._files import atomic_write

_FONT_SIZE = 14
_CHANNELS = (1, 3, 4)  # gray, RGB, RGB and alpha


def is_images(x: np.ndarray) -> bool:
    """Return whether `x` holds images [n, h, w, c]: gray, RGB or RGBA.

    Args:
      x: Any array.

    Returns:
      True if the functions of this package can draw the array as images.

    Examples:
      >>> is_images(np.zeros((5, 28, 28, 1))), is_images(np.zeros((5, 28, 28)))
      (True, False)
    """
    return x.ndim == 4 and x.shape[-1] in _CHANNELS


def image_grid(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Arrange images in a grid, row by row, on a white background.

    Args:
      images: Pixels [n, h, w, c] in [0, 1]; the last row of the grid may stay unfilled.
      columns: Images per row.
      gap: Pixels between two images.

    Returns:
      One image [rows * (h + gap) - gap, columns * (w + gap) - gap, c].

    Raises:
      ValueError: If `images` does not have rank 4.

    Examples:
      >>> image_grid(np.zeros((5, 28, 28, 1)), columns=3).shape
      (58, 88, 1)
    """
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(f"Expected images [n, h, w, c], got shape {images.shape}.")
    num, height, width, channels = images.shape
    rows = -(-num // columns)
    shape = (rows * (height + gap), columns * (width + gap), channels)
    canvas = np.ones(shape, images.dtype)
    for index, image in enumerate(images):
        top = index // columns * (height + gap)
        left = index % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas[: shape[0] - gap, : shape[1] - gap]


def labeled_grid(
    images: np.ndarray, names: Sequence[str], *, gap: int = 2
) -> np.ndarray:
    """Arrange images in rows, with the name of each row on its left.

    Args:
      images: Pixels [rows, columns, h, w, c] in [0, 1].
      names: Name of each row.
      gap: Pixels between two images.

    Returns:
      One image [height, width, c], on a white background.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.
      ValueError: If there are not as many names as rows, or no images.

    Examples:
      >>> labeled_grid(np.zeros((2, 3, 28, 28, 1)), ["cat", "dog"]).shape[0]
      58
    """
    images = np.asarray(images)
    if images.ndim != 5 or len(images) != len(names) or not images.size:
        raise ValueError(
            f"Expected images [{len(names)}, columns, h, w, c], one row for each name, "
            f"got shape {images.shape}."
        )
    pillow, draw = require("PIL.Image", "plot"), require("PIL.ImageDraw", "plot")
    font = require("PIL.ImageFont", "plot").load_default(_FONT_SIZE)
    rows, columns, height, _, channels = images.shape
    step = max(height + gap, _FONT_SIZE + gap)
    margin = math.ceil(max(font.getlength(name) for name in names)) + 2 * gap
    page = pillow.new("L", (margin, rows * step - gap), 255)
    for row, name in enumerate(names):
        middle = (gap, row * step + height / 2)
        draw.Draw(page).text(middle, name, fill=0, font=font, anchor="lm")
    text = np.asarray(page, images.dtype)[..., None] / images.dtype.type(255)
    grids = [image_grid(row, columns=columns, gap=gap) for row in images]
    canvas = np.ones((len(text), margin + grids[0].shape[1], channels), images.dtype)
    canvas[:, :margin] = text
    if channels == 4:
        canvas[..., 3] = 1
    for row, grid in enumerate(grids):
        canvas[row * step : row * step + height, margin:] = grid
    return canvas


def save_image(path: str | os.PathLike, image: np.ndarray) -> Path:
    """Write one image to a PNG file.

    Args:
      path: The file.
      image: Pixels [h, w, 1], [h, w, 3] or, with alpha, [h, w, 4]; values outside
        [0, 1] are clipped.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.
      ValueError: If `image` has another shape.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> save_image(folder / "black.png", np.zeros((28, 28, 1))).name
      'black.png'
    """
    image = np.asarray(image)
    if not is_images(image[None]):
        raise ValueError(
            f"Expected an image [h, w, c] with 1, 3 or 4 channels, got {image.shape}."
        )
    picture = to_pillow(image, "plot")
    with atomic_write(path) as part:
        picture.save(part, format="png")
    return Path(path)


def to_pillow(image: np.ndarray, extra: str) -> Any:
    """Convert one image [h, w, c] to a Pillow image of 8 bits per channel.

    Args:
      image: Gray or color pixels, with or without an alpha channel (c = 1 to 4).
        Values outside [0, 1] are clipped, NaN becomes 0.
      extra: Optional dependencies to name if Pillow is not installed.

    Returns:
      The Pillow image.
    """
    pixels = np.rint(255 * np.clip(np.nan_to_num(image), 0, 1)).astype(np.uint8)
    # Pillow has no images [h, w, 1].
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    return require("PIL.Image", extra).fromarray(pixels)
