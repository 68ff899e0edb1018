"""NumPy's own files, with nothing believed before it is checked, and no pickles."""

import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from advnet.data._damage import MAX_DEFLATE_EXPANSION, damage_as_value_error

# NumPy refuses longer headers (10,000 characters) anyway.
_MAX_HEADER_BYTES = 1 << 14
_COMPRESSION_BY_NUMPY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_npy(path: Path) -> np.ndarray:
    """Reads one numeric array.

    Raises:
      ValueError: If the file is damaged, or its array is not numeric.
    """
    return _read_array(lambda: path.open("rb"), path.stat().st_size, str(path))


def read_npz(path: Path, key: str | None = None) -> dict[str, np.ndarray]:
    """Reads the numeric arrays of an archive, or the one called `key` alone.

    Raises:
      KeyError: If there is no array called `key`.
      ValueError: If the archive is damaged, or an array read is not numeric.
    """
    with damage_as_value_error(str(path), "an .npz file", zipfile.BadZipFile):
        archive = zipfile.ZipFile(path)
    with archive:
        members = {
            info.filename.removesuffix(".npy"): info for info in archive.filelist
        }
        if key is not None:
            members = {key: _pick(members, key, path)}
        return {
            name: _read_member(archive, info, path) for name, info in members.items()
        }


def _pick(members: dict[str, zipfile.ZipInfo], key: str, path: Path) -> zipfile.ZipInfo:
    if key not in members:
        raise KeyError(f"{path} has no array {key!r}; it has {sorted(members)}.")
    return members[key]


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> np.ndarray:
    label = f"{path}[{info.filename}]"
    if not info.filename.endswith(".npy") or (
        info.compress_type not in _COMPRESSION_BY_NUMPY
    ):
        raise ValueError(
            f"{label} is not an array as numpy.savez writes it (.npy, stored or "
            "deflated). Save the archive again with numpy.savez."
        )
    if info.file_size > path.stat().st_size * MAX_DEFLATE_EXPANSION:
        raise ValueError(
            f"{label} claims {info.file_size:,} bytes, more than the archive can hold. "
            "Make or fetch it again."
        )
    return _read_array(lambda: archive.open(info), info.file_size, label)


def _read_array(
    reopen: Callable[[], IO[bytes]], num_bytes: int, label: str
) -> np.ndarray:
    """Reads an array of `num_bytes`, header included, from a stream opened twice."""
    damage = damage_as_value_error(label, "a .npy file", zipfile.BadZipFile)
    with damage, reopen() as stream:
        header = io.BytesIO(stream.read(_MAX_HEADER_BYTES))
        shape, dtype = _read_header(header)
    _check_numeric(dtype, label)
    expected = header.tell() + math.prod(shape) * dtype.itemsize
    if num_bytes != expected or min(shape, default=0) < 0:
        raise ValueError(
            f"{label} is truncated or damaged: its header says {dtype} {list(shape)}, "
            f"expected {expected:,} bytes, got {num_bytes:,}. Make or fetch it again."
        )
    damage = damage_as_value_error(label, "a .npy file", zipfile.BadZipFile)
    with damage, reopen() as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"format version {version}, expected (1, 0) or (2, 0)")
    return shape, dtype


def _check_numeric(dtype: np.dtype, label: str) -> None:
    if dtype.hasobject:
        raise ValueError(
            f"{label} holds Python objects (dtype {dtype}), which only unpickling "
            "could read; advnet never unpickles. Save a numeric array instead."
        )
    if dtype.kind not in "biufc":
        raise ValueError(
            f"{label} has dtype {dtype}, expected numbers. Save a numeric array "
            "instead."
        )
