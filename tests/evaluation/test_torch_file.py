"""The reader of PyTorch weights files: both formats, and files that it refuses."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from advnet.evaluation._torch_file import read_tensors

MATRIX = np.arange(6, dtype="<f4").reshape(2, 3)
COUNT = np.array(7, "<i8")


class Global:
    """A name in a pickle, as PyTorch writes the names of its functions."""

    def __init__(self, name):
        self.name = name


class Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Storage:
    def __init__(self, kind, key, size):
        self.pid = ("storage", Global(f"torch.{kind}"), key, "cpu", size)


class Pickler(pickle._Pickler):
    """Pickler that writes the stand-ins above as calls, names and storages."""

    def __init__(self, file, is_old):
        super().__init__(file, protocol=2)
        self.is_old = is_old

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        return (*obj.pid, None) if self.is_old else obj.pid

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            module, name = obj.name.rsplit(".", 1)
            self.write(f"c{module}\n{name}\n".encode())
        elif isinstance(obj, Call):
            self.save(Global(obj.function))
            self.save(obj.arguments)
            self.write(b"R")
        else:
            super().save(obj, save_persistent_id)


def dump(obj, is_old=False):
    file = io.BytesIO()
    Pickler(file, is_old).dump(obj)
    return file.getvalue()


def tensor(kind, key, array, strides, offset=0, size=None):
    return Call(
        "torch._utils._rebuild_tensor_v2",
        Storage(kind, key, array.size if size is None else size),
        offset,
        array.shape,
        strides,
        False,
        Call("collections.OrderedDict"),
    )


TREE = {
    "matrix": tensor("FloatStorage", "0", MATRIX, (3, 1)),
    "transposed": tensor("FloatStorage", "0", MATRIX.T, (1, 3)),
    "parameter": Call(
        "torch._utils._rebuild_parameter",
        tensor("FloatStorage", "0", MATRIX[1], (1,), offset=3, size=6),
        True,
        Call("collections.OrderedDict"),
    ),
    "count": tensor("LongStorage", "1", COUNT, ()),
}
DATA = {"0": MATRIX.tobytes(), "1": COUNT.tobytes()}


def write_zip(path, tree, data=DATA):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", dump(tree))
        archive.writestr("weights/byteorder", "little")
        for key, content in data.items():
            archive.writestr(f"weights/data/{key}", content)


def write_stream(path, tree, data=DATA):
    parts = [pickle.dumps(0x1950A86A20F9469CFC6C, 2), pickle.dumps(1001, 2)]
    parts += [pickle.dumps({"little_endian": True}, 2), dump(tree, is_old=True)]
    parts += [pickle.dumps(list(data), 2)]
    for content, size in zip(data.values(), (6, 1), strict=True):
        parts += [struct.pack("<q", size), content]
    path.write_bytes(b"".join(parts))


both_formats = pytest.mark.parametrize("write", [write_zip, write_stream])


@both_formats
def test_tensors_are_read(tmp_path, write):
    write(tmp_path / "weights.pth", TREE)
    arrays = read_tensors(tmp_path / "weights.pth")
    expected = {
        "matrix": MATRIX,
        "transposed": MATRIX.T,
        "parameter": MATRIX[1],
        "count": COUNT,
    }
    assert set(arrays) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


@both_formats
@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "torch.load", "numpy.core.multiarray.scalar"]
)
def test_any_function_of_the_file_is_refused_by_name(tmp_path, write, name):
    """The argument would create a file if the function were called."""
    witness = tmp_path / "witness"
    write(tmp_path / "weights.pth", {"x": Call(name, f"touch {witness}")})
    with pytest.raises(ValueError, match=rf"weights.pth, which names {name}"):
        read_tensors(tmp_path / "weights.pth")
    assert not witness.exists()


def test_an_ordinary_pickle_is_refused(tmp_path):
    (tmp_path / "weights.pth").write_bytes(pickle.dumps(os.getcwd))
    with pytest.raises(ValueError, match=r"which names posix.getcwd"):
        read_tensors(tmp_path / "weights.pth")


@both_formats
@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([TREE["count"]], "expected tensors by name, got list"),
        ({"epoch": 3}, "expected tensors by name, got 'epoch': int"),
        ({"x": TREE}, "expected tensors by name, got 'x': dict"),
        (TREE | {"x": tensor("FloatStorage", "0", MATRIX, (9, 1))}, "exceeds its"),
        (TREE | {"x": tensor("FloatStorage", "0", MATRIX, (3, -1))}, "strides"),
        (TREE | {"x": tensor("FloatStorage", "0", MATRIX, (3, 1), 1)}, "exceeds its"),
        (TREE | {"x": tensor("FloatStorage", "0", np.zeros(99), (0,))}, "another size"),
    ],
)
def test_other_content_is_refused(tmp_path, write, tree, message):
    write(tmp_path / "weights.pth", tree)
    with pytest.raises(ValueError, match=message):
        read_tensors(tmp_path / "weights.pth")


@both_formats
def test_a_cut_file_is_refused(tmp_path, write):
    path = tmp_path / "weights.pth"
    write(path, TREE)
    content = path.read_bytes()
    for length in range(0, len(content), 19):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="weights.pth is damaged"):
            read_tensors(path)


@both_formats
def test_a_changed_byte_is_refused_or_gives_arrays(tmp_path, write):
    path = tmp_path / "weights.pth"
    write(path, TREE)
    content = bytearray(path.read_bytes())
    for index in range(0, len(content), 5):
        damaged = content.copy()
        damaged[index] ^= 0xFF
        path.write_bytes(damaged)
        try:
            arrays = read_tensors(path)
        except ValueError:
            continue
        assert all(isinstance(array, np.ndarray) for array in arrays.values())
