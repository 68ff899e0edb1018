import gzip
import struct

import numpy as np
import pytest

from advnet.data import read_idx

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx(array, code):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return read_idx(path)

    return read


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3), (3, 1, 2, 1), (0, 28)])
def test_reads_every_type_and_rank(read, dtype, shape, compress):
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    array = read(compress(idx(values, CODES[dtype])))
    assert array.dtype == np.dtype(dtype).newbyteorder("=")
    assert array.dtype.isnative
    assert array.flags.writeable
    np.testing.assert_array_equal(array, values)


def test_exact_bytes(read):
    array = read(bytes([0, 0, 11, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 255, 255]))
    np.testing.assert_array_equal(array, np.array([[256, -1]], np.int16))


VALID = idx(np.arange(6, dtype=np.uint8).reshape(2, 3), 8)
HUGE = bytes([0, 0, 8, 3]) + b"\xff" * 12


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"\0\0\x08", "not an IDX file.*got 00 00 08"),
        (b"\x89PNG", "expected magic bytes.*got 89 50 4e 47"),
        (b"\0\0\x0a\1" + bytes(4), "not an IDX file"),
        (b"\0\0\x08\0", "a number of dimensions, got 00 00 08 00"),
        (VALID[:9], "expected 2 sizes of 4 bytes.*got 5 bytes"),
        (VALID[:-1], r"uint8 \[2, 3\], expected 6 bytes of data, got 5"),
        (VALID + b"\0", "expected 6 bytes of data, got more"),
        (HUGE + bytes(9), "got at most 25"),
        (gzip.compress(HUGE, mtime=0), "got at most"),
        (gzip.compress(VALID[:-1], mtime=0), "got 5"),
        (gzip.compress(VALID + b"\0", mtime=0), "got more"),
        (gzip.compress(VALID, mtime=0)[:-1], "corrupt gzip"),
        (gzip.compress(VALID, mtime=0)[:-8] + bytes(8), "corrupt gzip"),
        (gzip.compress(VALID, mtime=0) + b"rubbish", "corrupt gzip"),
        (gzip.compress(b"", mtime=0), "an empty file"),
        (bytes([0, 0, 8, 200]) + b"\0\0\0\1" * 200 + b"7", "NumPy cannot hold"),
    ],
)
def test_errors_of_damaged_files(read, content, message):
    with pytest.raises(ValueError, match=f"file.*{message}"):
        read(content)


def test_decompresses_no_more_than_the_header_declares(read, monkeypatch):
    bomb = gzip.compress(idx(np.zeros(8, np.uint8), 8) + bytes(1 << 24))
    read_bytes = []
    original = gzip.GzipFile.read

    def counting_read(self, size=-1):
        read_bytes.append(size)
        return original(self, size)

    monkeypatch.setattr(gzip.GzipFile, "read", counting_read)
    with pytest.raises(ValueError, match="got more"):
        read(bomb)
    assert min(read_bytes) >= 0
    assert sum(read_bytes) <= 4 + 4 + 8 + 1


def test_a_missing_file_raises_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")
