"""Images of the page, read back from their data URIs."""

import base64
import io

import numpy as np
import pytest

from advnet.reporting._pictures import picture, tile

pillow = pytest.importorskip("PIL.Image")


def decoded(uri):
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    with pillow.open(io.BytesIO(data)) as image:
        image.load()
        return np.asarray(image), image.mode


def test_a_picture_is_read_back():
    for channels, mode in enumerate(("L", "LA", "RGB", "RGBA"), 1):
        pixels = np.linspace(-0.5, 1.5, 7 * 5 * channels).reshape(7, 5, channels)
        pixels[0, 0] = np.nan
        values, read_mode = decoded(picture(pixels, "x").uri)
        assert read_mode == mode
        expected = np.rint(255 * np.clip(np.nan_to_num(pixels), 0, 1))
        np.testing.assert_array_equal(values.reshape(pixels.shape), expected)


def test_every_pixel_has_the_same_size():
    small, large = (picture(np.zeros((7, n, 1)), "x") for n in (250, 700))
    assert (small.width, small.height) == (500, 14)
    assert (large.width, large.height) == (700, 7)


def test_a_grid_is_transparent_between_images():
    grid, mode = decoded(picture(tile(np.ones((4, 8, 8, 1)), 2), "x").uri)
    assert (grid.shape, mode) == ((18, 18, 2), "LA")
    assert set(np.unique(grid[8:10, :, 1])) == {0}
    assert grid[:8, :8].min() == 255


def test_a_grid_keeps_the_alpha_of_its_images():
    images = np.full((4, 8, 8, 4), 51 / 255, np.float32)
    grid, mode = decoded(picture(tile(images, 2), "x").uri)
    assert (grid.shape, mode) == ((18, 18, 4), "RGBA")
    assert set(np.unique(grid[8:10, :, 3])) == {0}
    assert set(np.unique(grid[:8, :8])) == {51}
