import os
from pathlib import Path

import numpy as np

from advnet._extras import require
from advnet._files import atomic_write


def is_images(x: np.ndarray) -> bool:
    """Whether an array is images a picture can show: [n, h, w, c], c one or three.

    Examples:
      >>> is_images(np.zeros((5, 28, 28, 1))), is_images(np.zeros((5, 28, 28)))
      (True, False)
    """
    return x.ndim == 4 and x.shape[-1] in (1, 3)


def image_grid(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Tiles images into one, row by row, on a white ground.

    Args:
      images: Pixels [n, h, w, c] in [0, 1]; the last row may stay unfilled.
      columns: Images per row.
      gap: Pixels between them.

    Returns:
      One image [rows * (h + gap) - gap, columns * (w + gap) - gap, c].

    Raises:
      ValueError: If `images` is not of rank 4.

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


def save_image(path: str | os.PathLike, image: np.ndarray) -> Path:
    """Writes one image as PNG.

    Args:
      path: The file.
      image: Pixels [h, w, 1] or [h, w, 3]; values outside [0, 1] are clipped.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.
      ValueError: If `image` is of another shape.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> save_image(folder / "black.png", np.zeros((28, 28, 1))).name
      'black.png'
    """
    pixels = np.clip(np.asarray(image), 0, 1)
    if not is_images(pixels[None]):
        raise ValueError(
            f"Expected an image [h, w, c] with 1 or 3 channels, got {pixels.shape}."
        )
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    imsave = require("matplotlib.image", "plot").imsave
    with atomic_write(path) as part:
        imsave(part, pixels, format="png")
    return Path(path)
