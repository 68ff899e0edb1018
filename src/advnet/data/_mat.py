"""The numeric arrays of MATLAB's level 5 ``.mat`` files (MATLAB 5 to 7).

This reader is our own because `scipy.io.loadmat` ends the process with a segmentation
fault if the type code of an element is damaged. The fix is still open,
https://github.com/scipy/scipy/pull/25829, and the newest releases crash: SciPy 1.17.1
(for Python 3.11) and 1.18.1 (for 3.12 and 3.13) on a one-variable file whose data have
type 8. Of 1,447 copies of a 400-byte TFD file with one changed byte, 32 and 35 crash.

Format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf.
"""

import itertools
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from advnet._files import check_regular_file
from advnet.data._damage import MAX_DEFLATE_EXPANSION, damage_as_value_error

_MATRIX, _COMPRESSED = 14, 15
_INT32 = 5
_DTYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    _INT32: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX_FLAG = 1 << 11
_HEADER_BYTES = 128


def read_mat(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read numeric variables of a level 5 file, compressed or not.

    Args:
      path: The file.
      names: Names of the variables to read.

    Returns:
      The variables that exist and are real numeric arrays, in Fortran order and in the
      type of the file. (MATLAB stores doubles with integer values as integers.)

    Raises:
      ValueError: If this is not exactly one level 5 file.
    """
    check_regular_file(path)
    content, requested = memoryview(path.read_bytes()), set(names)
    order = _byte_order(content, path)
    arrays = {}
    with damage_as_value_error(str(path), "a .mat file"):
        for kind, data in _elements(content[_HEADER_BYTES:], order):
            if kind == _COMPRESSED:
                kind, data = _decompress(data, order)
            if kind != _MATRIX:
                raise ValueError(f"expected a matrix (type {_MATRIX}), got type {kind}")
            name, array = _read_matrix(data, order, requested)
            if array is not None:
                arrays[name] = array
    return arrays


def _byte_order(content: memoryview, path: Path) -> str:
    """Return the byte order of all numbers in the file, ``"<"`` or ``">"``."""
    orders = {b"\0\1IM": "<", b"\1\0MI": ">"}
    version = bytes(content[_HEADER_BYTES - 4 : _HEADER_BYTES])
    if version not in orders:
        raise ValueError(
            f"{path} is damaged, or is not a level 5 .mat file: expected version 0100 "
            f"and IM or MI at the end of its header, got {version!r}. Save other "
            "versions again in MATLAB with save -v7."
        )
    return orders[version]


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield the pairs (type, payload) of the elements in `data`."""
    position = 0
    while position < len(data):
        kind, size = struct.unpack_from(order + "II", data, position)
        start = position + 8
        if kind >> 16:  # a small element, with size and type in the first word
            kind, size, start = kind & 0xFFFF, kind >> 16, position + 4
        payload = data[start : start + size]
        if len(payload) != size:
            raise ValueError(f"truncated: expected {size} bytes, got {len(payload)}")
        yield kind, payload
        length = start + size - position
        position += length if kind == _COMPRESSED else length + -length % 8


def _decompress(data: memoryview, order: str) -> tuple[int, memoryview]:
    """Decompress one element to its type and payload."""
    stream = zlib.decompressobj()
    kind, size = struct.unpack(order + "II", stream.decompress(data, 8))
    if size > MAX_DEFLATE_EXPANSION * len(data):
        raise ValueError(f"{len(data)} compressed bytes cannot hold {size}")
    # One byte more than declared, because zlib verifies the checksum at the end only.
    payload = stream.decompress(stream.unconsumed_tail, size + 1)
    if len(payload) != size or not stream.eof:
        raise ValueError(
            f"expected {size} bytes in a compressed variable, got more or fewer"
        )
    return kind, memoryview(payload)


def _read_matrix(
    data: memoryview, order: str, requested: set[str]
) -> tuple[str, np.ndarray | None]:
    """Return a variable's name, and its array if it is requested and real numeric."""
    parts = tuple(itertools.islice(_elements(data, order), 4))
    if len(parts) < 3:
        raise ValueError(f"expected a matrix of 3 or more parts, got {len(parts)}")
    (_, flags), (dims_kind, dims), (_, name_bytes) = parts[:3]
    name = bytes(name_bytes).decode("latin1")
    (bits,) = struct.unpack_from(order + "I", flags)
    numeric = bits & 0xFF in _NUMERIC_CLASSES and not bits & _COMPLEX_FLAG
    if name not in requested or not numeric:
        return name, None
    if dims_kind != _INT32 or len(parts) < 4:
        raise ValueError(f"expected {name} to have dimensions and data")
    shape = tuple(np.frombuffer(dims, order + "i4").tolist())
    return name, _read_values(*parts[3], shape, order)


def _read_values(
    kind: int, data: memoryview, shape: tuple[int, ...], order: str
) -> np.ndarray:
    """Return the values of a matrix in native byte order."""
    if kind not in _DTYPES or min(shape, default=-1) < 0:
        raise ValueError(f"got an array of type {kind} and shape {shape}")
    dtype = np.dtype(order + _DTYPES[kind])
    array = np.frombuffer(data, dtype).reshape(shape, order="F")
    return array.astype(dtype.newbyteorder("="), copy=False)
