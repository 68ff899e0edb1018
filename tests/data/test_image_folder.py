import os

import jax
import numpy as np
import pytest

from advnet.data import from_source, image_folder, image_source
from advnet.data._image_files import list_images

image_module = pytest.importorskip("PIL.Image")


def write(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.asarray(pixels, np.uint8)
    image_module.fromarray(pixels).save(path, **options)


GRAY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOR = np.stack([GRAY, GRAY + 1, GRAY + 2], axis=-1)


def pixels(split):
    return np.rint(split.x * 255).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "PNG", "bmp", "webp"])
def test_reads_exact_pixels_in_the_order_of_names(tmp_path, suffix):
    lossless = {"lossless": True} if suffix == "webp" else {}
    write(tmp_path / f"b.{suffix}", 255 - COLOR, **lossless)
    write(tmp_path / f"a.{suffix}", COLOR, **lossless)
    split = image_folder(tmp_path)
    assert split.x.dtype == np.float32
    assert split.y is None
    np.testing.assert_array_equal(pixels(split), np.stack([COLOR, 255 - COLOR]))


@pytest.mark.parametrize("suffix", ["jpg", "jpeg"])
def test_reads_jpeg_approximately(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", np.full((8, 8), 100), quality=95)
    np.testing.assert_allclose(image_folder(tmp_path).x * 255, 100, atol=1.5)


def test_gray_stays_one_channel(tmp_path):
    write(tmp_path / "a.png", GRAY)
    np.testing.assert_array_equal(pixels(image_folder(tmp_path))[0, ..., 0], GRAY)


@pytest.mark.parametrize(
    ("mode", "natural"),
    [("1", 1), ("L", 1), ("LA", 4), ("P", 3), ("RGB", 3), ("RGBA", 4)],
)
@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.filterwarnings("ignore:.*lost their alpha")
def test_channels(tmp_path, mode, natural, channels):
    image_module.fromarray(COLOR).convert(mode).save(tmp_path / "a.png")
    split = image_folder(tmp_path, channels=channels)
    assert split.x.shape == (1, 3, 4, channels or natural)


def test_a_palette_with_transparency_has_four_channels(tmp_path):
    image = image_module.fromarray(COLOR).convert("P")
    image.save(tmp_path / "a.png", transparency=0)
    assert image_folder(tmp_path).x.shape == (1, 3, 4, 4)


def test_subfolders_become_labels(tmp_path):
    for name, value in (("dog/1", 1), ("cat/deep/0", 0), ("eel/0", 2), ("dog/0", 1)):
        write(tmp_path / f"{name}.png", np.full((2, 2), value))
    (tmp_path / "ape").mkdir()
    split = image_folder(tmp_path)
    assert split.y.dtype == np.int32
    assert split.y.tolist() == [0, 1, 1, 2]
    assert pixels(split)[:, 0, 0, 0].tolist() == [0, 1, 1, 2]


def test_other_and_hidden_files_are_skipped(tmp_path):
    write(tmp_path / "a.png", GRAY)
    write(tmp_path / ".hidden" / "b.png", GRAY)
    (tmp_path / "._a.png").write_bytes(b"not an image")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.warns(UserWarning, match=r"Skipped files .*: 1 \.txt"):
        assert len(image_folder(tmp_path).x) == 1


def test_a_folder_behind_links_is_read_once(tmp_path):
    write(tmp_path / "real" / "a.png", GRAY)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "data" / "second").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "data")
    assert len(image_folder(tmp_path / "data").x) == 1


def test_images_are_rotated_upright(tmp_path):
    exif = image_module.Exif()
    exif[0x0112] = 6  # display rotated by 90 degrees clockwise
    write(tmp_path / "a.png", GRAY, exif=exif)
    upright = pixels(image_folder(tmp_path))[0, ..., 0]
    np.testing.assert_array_equal(upright, np.rot90(GRAY, -1))


def test_resizing_crops_the_center(tmp_path):
    wide = np.zeros((4, 12), np.uint8)
    wide[:, 4:8] = 200
    write(tmp_path / "a.png", wide)
    write(tmp_path / "b.png", np.full((6, 6), 200))
    split = image_folder(tmp_path, size=(4, 4))
    np.testing.assert_array_equal(pixels(split), np.full((2, 4, 4, 1), 200))


def test_resizing_is_antialiased(tmp_path):
    write(tmp_path / "a.png", np.indices((64, 64)).sum(0) % 2 * 200)
    shrunk = pixels(image_folder(tmp_path, size=(4, 8)))
    assert shrunk.shape == (1, 4, 8, 1)
    np.testing.assert_allclose(shrunk, 100, atol=3)


def test_the_error_for_unequal_sizes_names_two_files_and_an_argument(tmp_path):
    write(tmp_path / "a.png", GRAY)
    write(tmp_path / "b.png", GRAY.T)
    message = r"(?s)\[3, 4, 1\].*a\.png.*\[4, 3, 1\].*b\.png.*size=\(h, w\)"
    with pytest.raises(ValueError, match=message):
        image_folder(tmp_path)
    write(tmp_path / "b.png", COLOR.swapaxes(0, 1))
    with pytest.raises(ValueError, match="--size H W --channels 3"):
        image_folder(tmp_path)


def test_the_error_for_unequal_channels_names_two_files_and_an_argument(tmp_path):
    write(tmp_path / "a.png", GRAY)
    write(tmp_path / "b.png", COLOR)
    with pytest.raises(ValueError, match=r"(?s)a\.png.*b\.png.*channels=3"):
        image_folder(tmp_path)
    assert image_folder(tmp_path, channels=3).x.shape == (2, 3, 4, 3)


def test_refuses_images_both_in_subfolders_and_beside_them(tmp_path):
    write(tmp_path / "a.png", GRAY)
    write(tmp_path / "cat" / "b.png", GRAY)
    with pytest.raises(ValueError, match=r"a\.png.*cat.*Move all of them"):
        image_folder(tmp_path)


def test_the_error_for_a_damaged_image_names_the_file(tmp_path):
    write(tmp_path / "a.png", GRAY)
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(content[:-30])
    with pytest.raises(ValueError, match=r"b\.png is damaged, or is not an image"):
        image_folder(tmp_path)


def test_refuses_a_header_that_declares_too_many_pixels(tmp_path):
    write(tmp_path / "a.bmp", GRAY)
    content = bytearray((tmp_path / "a.bmp").read_bytes())
    content[18:26] = (9000).to_bytes(4, "little") * 2
    (tmp_path / "a.bmp").write_bytes(content)
    with pytest.raises(ValueError, match="at most 67,108,864 pixels, got 9000 x 9000"):
        image_folder(tmp_path)


def test_errors_of_empty_and_missing_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no images in it.*\.png.*\.webp"):
        image_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        image_folder(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (0, 4)}, r"size=\(height, width\)"),
        ({"size": (4,)}, r"size=\(height, width\)"),
        ({"channels": 2}, r"channels in \[1, 3, 4\]"),
    ],
)
def test_refuses_impossible_arguments(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        image_folder(tmp_path, **options)


def test_a_subfolder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    write(tmp_path / "cat" / "a.png", GRAY)
    write(tmp_path / "dog" / "b.png", GRAY)
    scandir = os.scandir

    def refuse(path):
        if "dog" in os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="dog"):
        image_folder(tmp_path)


def test_broken_links_and_files_without_a_suffix_are_counted(tmp_path):
    write(tmp_path / "a.png", GRAY)
    (tmp_path / "b.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "README").write_text("hello")
    with pytest.warns(UserWarning, match=r"Skipped files .*: 1 README, 1 broken link"):
        assert len(image_folder(tmp_path).x) == 1


def test_16_bits_are_reduced_to_8_with_a_warning(tmp_path):
    deep = image_module.fromarray(np.full((2, 2), 40_000, np.uint16))
    deep.save(tmp_path / "a.png")
    with pytest.warns(
        UserWarning, match="1 of 1 images were reduced from 16 to 8 bits"
    ):
        split = image_folder(tmp_path)
    np.testing.assert_array_equal(pixels(split), np.full((1, 2, 2, 1), 156))


def test_cmyk_becomes_rgb(tmp_path):
    image_module.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red = image_folder(tmp_path).x.mean(axis=(0, 1, 2))
    np.testing.assert_allclose(red, [1, 0, 0], atol=0.05)


def test_a_dropped_alpha_channel_is_counted(tmp_path):
    write(tmp_path / "a.png", np.full((2, 2, 4), 9))
    write(tmp_path / "b.png", np.full((2, 2, 3), 9))
    with pytest.warns(UserWarning, match="1 of 2 images lost their alpha channel"):
        assert image_folder(tmp_path, channels=3).x.shape == (2, 2, 2, 3)


def test_damaged_images_are_left_out_and_counted(tmp_path):
    for number in range(70):  # more than one task of the threads
        write(tmp_path / f"c{number % 2}" / f"{number:02}.png", np.full((2, 2), number))
    for number in (0, 33, 68):
        path = tmp_path / f"c{number % 2}" / f"{number:02}.png"
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.warns(UserWarning, match=r"Left out 3 of 70 images .*00\.png"):
        split = image_folder(tmp_path, skip_damaged=True, as_bytes=True)
    assert split.x.dtype == np.uint8
    kept = [n for n in [*range(0, 70, 2), *range(1, 70, 2)] if n not in (0, 33, 68)]
    assert split.x[:, 0, 0, 0].tolist() == kept
    assert split.y.tolist() == [n % 2 for n in kept]


def test_a_folder_of_damaged_images_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="got 1 files that cannot be read. The last"):
        image_folder(tmp_path, skip_damaged=True)


def test_a_source_decodes_what_is_read(tmp_path):
    write(tmp_path / "dog" / "1.png", 255 - COLOR)
    write(tmp_path / "cat" / "0.png", COLOR)
    source = image_source(tmp_path)
    assert (len(source), source.files.class_names) == (2, ("cat", "dog"))
    batches = from_source(source, 8, key=jax.random.key(0))
    x, y = batches(0)
    assert x.dtype == np.float32
    for pixels_of_one, label in zip(np.rint(x * 255), y, strict=True):
        expected = COLOR if label == 0 else 255 - COLOR
        np.testing.assert_array_equal(pixels_of_one, expected)


def test_the_digest_of_files_changes_with_names_sizes_times_and_options(tmp_path):
    write(tmp_path / "a.png", GRAY)
    digests = {list_images(tmp_path).digest(None)}
    assert list_images(tmp_path).digest(None) in digests
    digests.add(list_images(tmp_path).digest((2, 2)))
    os.utime(tmp_path / "a.png", ns=(1, 1))
    digests.add(list_images(tmp_path).digest(None))
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    digests.add(list_images(tmp_path).digest(None))
    assert len(digests) == 4
