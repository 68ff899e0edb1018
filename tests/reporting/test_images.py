"""Grids of images, and images in files."""

import numpy as np
import pytest

from advnet import reporting


def test_a_grid_puts_images_in_reading_order():
    images = (
        np.arange(5, dtype=np.float32).reshape(5, 1, 1, 1) / 5 * np.ones((5, 2, 3, 1))
    )
    grid = reporting.image_grid(images, columns=3, gap=1)
    assert grid.shape == (5, 11, 1)
    np.testing.assert_allclose(grid[0, [0, 4, 8], 0], [0, 0.2, 0.4])
    np.testing.assert_allclose(grid[3, [0, 4], 0], [0.6, 0.8])
    np.testing.assert_array_equal(grid[3:, 8:], 1)  # unfilled
    np.testing.assert_array_equal(grid[2], 1)  # the gap


def test_a_grid_refuses_arrays_that_are_not_images():
    with pytest.raises(
        ValueError, match=r"images \[n, h, w, c\], got shape \(5, 784\)"
    ):
        reporting.image_grid(np.zeros((5, 784)), columns=3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_saved_image_is_read_back(tmp_path, channels):
    image = pytest.importorskip("PIL.Image")
    pixels = np.linspace(-0.5, 1.5, 4 * 5 * channels).reshape(4, 5, channels)
    path = reporting.save_image(tmp_path / "x.png", pixels)
    mode = "RGBA" if channels == 4 else "RGB"
    read = np.asarray(image.open(path).convert(mode), np.float32) / 255
    expected = np.clip(pixels, 0, 1) * np.ones(len(mode))
    np.testing.assert_allclose(read, expected, atol=1 / 255)
    assert reporting.is_images(pixels[None])


def test_arrays_with_other_numbers_of_channels_are_not_images(tmp_path):
    with pytest.raises(ValueError, match=r"1, 3 or 4 channels, got \(4, 5, 2\)"):
        reporting.save_image(tmp_path / "x.png", np.zeros((4, 5, 2)))


def test_a_labeled_grid_has_a_row_for_each_name():
    """The names are dark on the white left margin; the images are on its right."""
    images = np.full((2, 3, 20, 10, 1), 0.5, np.float32)
    grid = reporting.labeled_grid(images, ["a", "a longer name"])
    assert grid.shape[0] == 2 * 20 + 2
    margin = grid.shape[1] - 3 * 12 + 2
    assert (grid[:20, margin : margin + 10] == 0.5).all()
    ink = lambda rows: (1 - grid[rows, :margin]).sum()
    assert 0 < ink(slice(0, 20)) < ink(slice(22, 42))
    with pytest.raises(ValueError, match=r"one row for each name, got shape \(2, 3,"):
        reporting.labeled_grid(images, ["a"])
