"""Images as PNG data URIs, without a dependency."""

import base64
import struct
import zlib
from typing import NamedTuple

import numpy as np

from advnet.reporting._images import image_grid

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_GOOD_WIDTH = 600  # of a picture on a wide screen, in CSS pixels


class Picture(NamedTuple):
    """An image for the page.

    Attributes:
      uri: The whole of it.
      alt: What it shows, in words.
      width: In its own pixels.
      height: In its own pixels.
      scale: How many CSS pixels one of them takes, where there is room.
    """

    uri: str
    alt: str
    width: int
    height: int
    scale: int


def picture(image: np.ndarray, alt: str, *, width: int = _GOOD_WIDTH) -> Picture:
    """One image [h, w, c] with values in [0, 1], about `width` wide on the page."""
    height, own, _ = image.shape
    uri = "data:image/png;base64," + base64.b64encode(_png(image)).decode()
    return Picture(uri, alt, own, height, max(1, width // own))


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """Images [n, h, w, c] as one [., ., c + 1] whose gaps are transparent.

    White gaps would glare on a dark page.
    """
    # The grid's ground is 1 in every channel, so the gaps are where this one is.
    gaps = np.zeros((*images.shape[:-1], 1))
    grid = image_grid(np.concatenate([images, gaps], axis=-1), columns=columns)
    grid[..., -1] = 1 - grid[..., -1]
    return grid


def _png(image: np.ndarray) -> bytes:
    """The image as a file; values outside [0, 1] are clipped, NaN is 0."""
    pixels = np.rint(255 * np.clip(np.nan_to_num(image), 0, 1)).astype(np.uint8)
    height, width, channels = pixels.shape
    header = struct.pack(">IIBB3x", width, height, 8, _COLOR_TYPES[channels])
    left = pixels - np.pad(pixels, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    body = min(_compressed(0, pixels), _compressed(1, left), key=len)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _compressed(method: int, pixels: np.ndarray) -> bytes:
    """Rows, each after the byte that says how it was filtered."""
    rows = pixels.reshape(len(pixels), -1)
    return zlib.compress(np.insert(rows, 0, method, axis=1).tobytes(), 9)


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
