"""Images of the report, each inside the page as a PNG data URI."""

import base64
import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from advnet.reporting._images import image_grid, labeled_grid, to_pillow

_WIDTH = 600  # CSS pixels of a picture on a wide screen


class Picture(NamedTuple):
    """An image of the page.

    Attributes:
      uri: The PNG file as a data URI.
      alt: Text for readers who do not see the image.
      width: Width in CSS pixels, where the page has room for it.
      height: Height in CSS pixels.
    """

    uri: str
    alt: str
    width: int
    height: int


def picture(image: np.ndarray, alt: str, *, width: int = _WIDTH) -> Picture:
    """Encode one image [h, w, c], values in [0, 1], to be about `width` wide.

    Every pixel takes a whole number of CSS pixels, so that all have the same size.
    """
    rows, columns, _ = image.shape
    file = io.BytesIO()
    to_pillow(image, "report").save(file, format="png", optimize=True)
    uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    scale = max(1, width // columns)
    return Picture(uri, alt, scale * columns, scale * rows)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Arrange images [n, h, w, c] in a grid [H, W, 2] or [H, W, 4] with alpha.

    The gaps are transparent, because white gaps are too bright on a dark page.
    """
    has_alpha = images.shape[-1] == 4
    colors = images[..., :3] if has_alpha else images
    transparency = 1 - images[..., 3:] if has_alpha else np.zeros_like(images[..., :1])
    # `image_grid` fills the gaps with ones, so they are transparent.
    layers = np.concatenate([colors, transparency], axis=-1)
    grid = image_grid(layers, columns=columns)
    grid[..., -1] = 1 - grid[..., -1]
    return grid


def draw_classes(classes: Mapping[str, np.ndarray]) -> Picture | None:
    """Draw images [k, h, w, c] of each class in a row with its name, if any."""
    if not classes:
        return None
    rows = np.stack([np.clip(images, 0, 1) for images in classes.values()])
    names = ", ".join(classes)
    return picture(
        labeled_grid(rows, [*classes]),
        f"Samples of the classes {names}, a row for each.",
    )
