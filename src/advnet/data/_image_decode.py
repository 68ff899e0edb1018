"""One image file as bytes [h, w, c]."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet._extras import require
from advnet.data._damage import damage_as_value_error

_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}

# Number of channels for each of Pillow's modes if the caller does not choose.
_NATURAL_CHANNELS = {"1": 1, "L": 1, "RGB": 3, "CMYK": 3, "P": 3, "RGBA": 4, "LA": 4}
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I")  # of gray PNG files
_MAX_DEEP = 65_535
# Limit for the size that a damaged header may declare: 8192 x 8192.
_MAX_PIXELS = 1 << 26

ALPHA_DROPPED = "lost their alpha channel"
BITS_REDUCED = "were reduced from 16 to 8 bits"
"""Losses of content, which a warning counts."""


class Decoded(NamedTuple):
    """Pixels of a file and the content that was lost on the way.

    Attributes:
      pixels: uint8 [h, w, c].
      losses: Losses, such as `ALPHA_DROPPED`.
    """

    pixels: np.ndarray
    losses: tuple[str, ...]


def check_image_options(size: tuple[int, int] | None, channels: int | None) -> None:
    """Raise if `size` or `channels` is impossible."""
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise ValueError(f"Expected size=(height, width), both >= 1, got {size}.")
    if channels is not None and channels not in _MODES:
        raise ValueError(f"Expected channels in {[*_MODES]} or None, got {channels}.")


def read_image(
    path: Path, size: tuple[int, int] | None, channels: int | None
) -> Decoded:
    """Read one image; call it within `warnings.catch_warnings` of the main thread."""
    image, losses = _decode(path)
    natural = _natural_channels(image, path)
    if natural == 4 and channels is not None and channels < 4:
        losses += (ALPHA_DROPPED,)
    image = image.convert(_MODES[channels or natural])
    if size is not None:
        pil, ops = require("PIL.Image", "data"), require("PIL.ImageOps", "data")
        image = ops.fit(image, size[::-1], method=pil.Resampling.BICUBIC)
    pixels = np.asarray(image).reshape(image.height, image.width, -1)
    return Decoded(pixels, losses)


def _decode(path: Path) -> tuple[Any, tuple[str, ...]]:
    """Read a file as an upright Pillow image of 8 bits per channel, with its losses."""
    pil, ops = require("PIL.Image", "data"), require("PIL.ImageOps", "data")
    with _damage(path):
        image = pil.open(path, formats=_FORMATS)
    with image:
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError(
                f"{path}: expected at most {_MAX_PIXELS:,} pixels, got {image.width} x "
                f"{image.height}. Make the image smaller."
            )
        with _damage(path):
            is_deep = image.mode in _DEEP_MODES or _is_deep_color(image)
            image.load()
            upright = ops.exif_transpose(image)
    if upright.mode in _DEEP_MODES:
        values = np.asarray(upright).astype(np.uint32)
        reduced = (values * 255 + _MAX_DEEP // 2) // _MAX_DEEP
        upright = pil.fromarray(np.minimum(reduced, 255).astype(np.uint8))
    return upright, (BITS_REDUCED,) if is_deep else ()


def _is_deep_color(image: Any) -> bool:
    """Return whether Pillow reduces a file of 16 bits per channel as it reads it."""
    return any("16" in str(tile[3]) for tile in image.tile if len(tile) > 3)


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    bomb = require("PIL.Image", "data").DecompressionBombError
    # Several threads decode: each of them must not change the filters of warnings.
    with damage_as_value_error(str(path), "an image", bomb, silence=False):
        yield


def _natural_channels(image: Any, path: Path) -> int:
    """Return the number of channels that keeps all content of an 8-bit image."""
    if image.mode not in _NATURAL_CHANNELS:
        raise ValueError(
            f"{path}: expected integers of 8 or 16 bits per channel, in one of "
            f"Pillow's modes {[*_NATURAL_CHANNELS]}, got mode {image.mode}. Convert "
            "the image."
        )
    transparent = image.mode == "P" and "transparency" in image.info
    return 4 if transparent else _NATURAL_CHANNELS[image.mode]
