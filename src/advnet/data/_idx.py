"""The IDX format of the MNIST files, plain or gzipped.

This reader is our own because no maintained library reads the format safely.
`mlxtend.data.loadlocal_mnist` (mlxtend 0.25) ignores the header and does not read gzip.
idx2numpy detects damage, but its last release (1.2.3) is from October 2020.
"""

import gzip
import io
import math
import os
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from advnet._files import check_regular_file
from advnet.data._damage import MAX_DEFLATE_EXPANSION

_DTYPES = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_CHUNK_BYTES = 1 << 20


class _Header(NamedTuple):
    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an IDX file, the format of the MNIST files.

    The header is checked against the size of the file before memory is allocated for
    its data, and no more is decompressed than the header declares.

    Args:
      path: The file. Its content, not its name, decides whether it is gzipped.

    Returns:
      A new array of the file's shape and type, in native byte order.

    Raises:
      ValueError: If this is not exactly one IDX file: wrong magic number, truncated,
        trailing bytes, or a corrupt gzip stream.

    Examples:
      >>> import pathlib, tempfile
      >>> from advnet import data
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = pathlib.Path(folder, "labels")
      ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([5, 0, 4]))
      ...     data.read_idx(path)
      array([5, 0, 4], dtype=uint8)
    """
    path = Path(path).expanduser()
    check_regular_file(path)
    with path.open("rb") as file:
        gzipped = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        max_bytes = os.fstat(file.fileno()).st_size * (
            MAX_DEFLATE_EXPANSION if gzipped else 1
        )
        stream = gzip.GzipFile(fileobj=file) if gzipped else file
        try:
            return _read_array(stream, max_bytes, path)
        except _GZIP_ERRORS as error:
            raise ValueError(
                f"{path} is a corrupt gzip file: {error}. Download it again."
            ) from error


def _read_array(stream: io.BufferedIOBase, max_bytes: int, path: Path) -> np.ndarray:
    """Read the header and the data, and check that the stream holds exactly these."""
    header = _read_header(stream, path)
    if header.num_bytes > max_bytes:
        raise _size_error(header, f"at most {max_bytes:,}", path)
    data = _read_at_most(stream, header.num_bytes)
    if len(data) < header.num_bytes:
        raise _size_error(header, f"{len(data):,}", path)
    # gzip verifies its checksum only when the end of the stream is read.
    if stream.read(1):
        raise _size_error(header, "more", path)
    flat = np.frombuffer(data, header.dtype)
    try:
        array = flat.reshape(header.shape)
    except ValueError as error:
        raise ValueError(
            f"{path} has shape {header.shape}, which NumPy cannot hold: {error}."
        ) from error
    return array.astype(header.dtype.newbyteorder("="), copy=False)


def _read_header(stream: io.BufferedIOBase, path: Path) -> _Header:
    """Read the magic number and the sizes of all dimensions."""
    magic = stream.read(4)
    if (
        len(magic) < 4
        or magic[:2] != b"\0\0"
        or magic[2] not in _DTYPES
        or not magic[3]
    ):
        raise ValueError(
            f"{path} is not an IDX file: expected magic bytes 00 00, a type in 08..0e "
            f"and a number of dimensions, got {magic.hex(' ') or 'an empty file'}."
        )
    ndim = magic[3]
    sizes = stream.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise ValueError(
            f"{path} is truncated: expected {ndim} sizes of 4 bytes after the magic "
            f"number, got {len(sizes)} bytes. Download it again."
        )
    return _Header(_DTYPES[magic[2]], tuple(np.frombuffer(sizes, ">u4").tolist()))


def _read_at_most(stream: io.BufferedIOBase, num_bytes: int) -> bytearray:
    """Read up to `num_bytes`, in chunks.

    With chunks, a header that declares too much costs no more memory than the data.
    """
    data = bytearray()
    while chunk := stream.read(min(_CHUNK_BYTES, num_bytes - len(data))):
        data += chunk
    return data


def _size_error(header: _Header, received: str, path: Path) -> ValueError:
    """Build the error for a file whose data are too short or too long."""
    return ValueError(
        f"{path} is truncated or damaged: its header says {header.dtype.name} "
        f"{list(header.shape)}, expected {header.num_bytes:,} bytes of data, got "
        f"{received}. Download it again."
    )
