"""NumPy's own files, checked before they are read, and without pickles.

`numpy.lib.format` reads the arrays. The checks around it are our own because `np.load`
(NumPy 2.5.5) reads more than we accept: it ignores bytes after an array, returns text
and records as arrays, and returns any other file of an archive as bytes.
"""

import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from advnet.data._damage import MAX_DEFLATE_EXPANSION, damage_as_value_error

# NumPy refuses longer headers (10,000 characters) in any case.
_MAX_HEADER_BYTES = 1 << 14
_NUMPY_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_npy(path: Path) -> np.ndarray:
    """Read one numeric array.

    Raises:
      ValueError: If the file is damaged, or its array is not numeric.
    """
    return _read_array(lambda: path.open("rb"), path.stat().st_size, str(path))


def read_npz(path: Path, key: str | None = None) -> dict[str, np.ndarray]:
    """Read the numeric arrays of an archive, or only the array named `key`.

    Raises:
      KeyError: If there is no array named `key`.
      ValueError: If the archive is damaged, or an array is not numeric.
    """
    with damage_as_value_error(str(path), "an .npz file", zipfile.BadZipFile):
        archive = zipfile.ZipFile(path)
    with archive:
        members = {
            info.filename.removesuffix(".npy"): info for info in archive.filelist
        }
        if key is not None:
            members = {key: _require_member(members, key, path)}
        return {
            name: _read_member(archive, info, path) for name, info in members.items()
        }


def _require_member(
    members: dict[str, zipfile.ZipInfo], key: str, path: Path
) -> zipfile.ZipInfo:
    """Return the member named `key`, or raise KeyError."""
    if key not in members:
        raise KeyError(f"{path} has no array {key!r}; it has {sorted(members)}.")
    return members[key]


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> np.ndarray:
    """Read one array of an archive, or raise if it cannot be one of numpy.savez."""
    label = f"{path}[{info.filename}]"
    if not info.filename.endswith(".npy") or (
        info.compress_type not in _NUMPY_COMPRESSIONS
    ):
        raise ValueError(
            f"{label} is not an array as numpy.savez writes it (.npy, stored or "
            "deflated). Save the archive again with numpy.savez."
        )
    if info.file_size > path.stat().st_size * MAX_DEFLATE_EXPANSION:
        raise ValueError(
            f"{label} declares {info.file_size:,} bytes, more than the archive can "
            "hold. Create or download it again."
        )
    return _read_array(lambda: archive.open(info), info.file_size, label)


def _read_array(
    open_stream: Callable[[], IO[bytes]], num_bytes: int, label: str
) -> np.ndarray:
    """Read an array of `num_bytes`, header included; the stream is opened twice.

    Args:
      open_stream: Opens the file at its start.
      num_bytes: Size of the file.
      label: Name of the file in errors.
    """
    damage = damage_as_value_error(label, "a .npy file", zipfile.BadZipFile)
    with damage, open_stream() as stream:
        header = io.BytesIO(stream.read(_MAX_HEADER_BYTES))
        shape, dtype = _read_header(header)
    _check_numeric(dtype, label)
    expected = header.tell() + math.prod(shape) * dtype.itemsize
    if num_bytes != expected or min(shape, default=0) < 0:
        raise ValueError(
            f"{label} is truncated or damaged: its header says {dtype} {list(shape)}, "
            f"expected {expected:,} bytes, got {num_bytes:,}. Create or download it "
            "again."
        )
    damage = damage_as_value_error(label, "a .npy file", zipfile.BadZipFile)
    with damage, open_stream() as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Read the shape and the type of an array."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"format version {version}, expected (1, 0) or (2, 0)")
    return shape, dtype


def _check_numeric(dtype: np.dtype, label: str) -> None:
    """Raise if an array does not hold numbers."""
    if dtype.hasobject:
        raise ValueError(
            f"{label} holds Python objects (dtype {dtype}), which require unpickling; "
            "advnet never unpickles. Save a numeric array instead."
        )
    if dtype.kind not in "biufc":
        raise ValueError(
            f"{label} has dtype {dtype}, expected numbers. Save a numeric array "
            "instead."
        )
