"""Every reader returns arrays or raises ValueError on damaged files."""

import functools
import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advnet.data import image_folder, load, read_idx, tfd
from advnet.data._cifar10 import read_records
from advnet.data._damage import damage_as_value_error

image_module = pytest.importorskip("PIL.Image")
scipy_io = pytest.importorskip("scipy.io")

PIXELS = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(8, 6, 3)
IDX = bytes([0, 0, 13, 2, 0, 0, 0, 8, 0, 0, 0, 9]) + bytes(range(144)) * 2
TABLE = np.arange(12, dtype=np.float32).reshape(3, 4)
FACES = {
    "images": np.resize(PIXELS, (8, 6, 5)),
    "labs_ex": np.arange(8)[:, None] % 7 + 1,
    "folds": np.tile(np.arange(8)[:, None] % 4, 5),
}


def file_bytes(write, *args, **options):
    stream = io.BytesIO()
    write(stream, *args, **options)
    return stream.getvalue()


def image(kind, **options):
    return file_bytes(image_module.fromarray(PIXELS).save, format=kind, **options)


def read_arrays(path):
    loaded = load(path)
    return list(loaded.values()) if isinstance(loaded, dict) else [loaded]


def read_faces(path):
    dataset = tfd(path)
    return [split.x for split in dataset[:3]]


def read_image(path):
    return [image_folder(path.parent).x]


READERS = {
    "idx": (IDX, "a.idx", lambda path: [read_idx(path)]),
    "idx_gz": (gzip.compress(IDX), "a.idx", lambda path: [read_idx(path)]),
    "cifar10": (bytes(6146), "a.bin", lambda path: [read_records(path, 2)]),
    "npy": (file_bytes(np.save, TABLE), "a.npy", read_arrays),
    "npz": (file_bytes(np.savez, x=TABLE, y=TABLE), "a.npz", read_arrays),
    "npz_deflated": (file_bytes(np.savez_compressed, x=TABLE), "a.npz", read_arrays),
    "mat": (file_bytes(scipy_io.savemat, FACES), "a.mat", read_faces),
    "mat_compressed": (
        file_bytes(scipy_io.savemat, FACES, do_compression=True),
        "a.mat",
        read_faces,
    ),
    "png": (image("PNG"), "a.png", read_image),
    "jpeg": (image("JPEG"), "a.jpg", read_image),
    "bmp": (image("BMP"), "a.bmp", read_image),
    "webp": (image("WEBP"), "a.webp", read_image),
}
HEADER_BYTES = 200


def edit(content, kind, at, patch):
    at %= max(len(content), 1)
    if kind == "flip":
        flipped = bytes(a ^ b for a, b in zip(content[at:], patch, strict=False))
        return content[:at] + flipped + content[at + len(flipped) :]
    if kind == "insert":
        return content[:at] + patch + content[at:]
    if kind == "delete":
        return content[:at] + content[at + len(patch) :]
    return content[:at]


PATCHES = st.binary(min_size=1, max_size=6) | st.sampled_from(
    [b"\1", b"\x80", b"\xff" * 4, b"\xff" * 8]
)
EDITS = st.tuples(
    st.sampled_from(["flip", "flip", "insert", "delete", "truncate"]),
    st.integers(0, HEADER_BYTES) | st.integers(0, 10_000),
    PATCHES,
)


def arrays_or_error(read, path):
    try:
        return read(path)
    except ValueError as error:
        return error


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return functools.cache(tmp_path_factory.mktemp)


@pytest.mark.parametrize("reader", READERS)
@given(edits=st.lists(EDITS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=80, derandomize=True, database=None)
def test_damage_is_a_value_error_or_an_array(folders, reader, edits):
    content, name, read = READERS[reader]
    path = folders(reader) / name
    for kind, at, patch in edits:
        content = edit(content, kind, at, patch)
    path.write_bytes(content)
    outcome = arrays_or_error(read, path)
    if isinstance(outcome, ValueError):
        assert path.name in str(outcome)
    else:
        assert all(isinstance(array, np.ndarray) for array in outcome)


@pytest.mark.parametrize("reader", READERS)
def test_undamaged_files_are_read(folders, reader):
    content, name, read = READERS[reader]
    path = folders(reader) / name
    path.write_bytes(content)
    assert all(array.size for array in read(path))


def test_a_missing_file_is_not_reported_as_damaged():
    with pytest.raises(FileNotFoundError), damage_as_value_error("a", "a file"):
        raise FileNotFoundError("a")


def test_an_interrupt_is_not_reported_as_damage():
    with pytest.raises(KeyboardInterrupt), damage_as_value_error("a", "a file"):
        raise KeyboardInterrupt


def test_errors_that_only_this_parser_raises():
    class OwnError(Exception):
        pass

    message = "a.x is damaged, or is not a file: OwnError: why"
    with (
        pytest.raises(ValueError, match=message),
        damage_as_value_error("a.x", "a file", OwnError),
    ):
        raise OwnError("why")
