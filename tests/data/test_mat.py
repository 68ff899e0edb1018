import struct
import zlib

import numpy as np
import pytest

from advnet.data._mat import read_mat

scipy_io = pytest.importorskip("scipy.io")

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (2, 5), (2, 3, 4), (0, 2)])
def test_agrees_with_scipy(tmp_path, shape, compressed):
    path = tmp_path / "a.mat"
    values = np.arange(np.prod(shape)).reshape(shape)
    variables = {f"name_{dtype}": values.astype(dtype) for dtype in TYPES}
    scipy_io.savemat(path, variables, do_compression=compressed)
    arrays = read_mat(path, variables)
    assert arrays.keys() == variables.keys()
    for name, expected in variables.items():
        assert arrays[name].dtype == expected.dtype
        np.testing.assert_array_equal(arrays[name], expected)


def test_reads_only_requested_numeric_variables(tmp_path):
    path = tmp_path / "a.mat"
    unreadable = {"text": "abc", "cell": np.array([{}, 1], object), "z": np.array([1j])}
    scipy_io.savemat(path, {"x": [[1]], "y": [[2]], **unreadable, "last": [[3.0]]})
    arrays = read_mat(path, ["x", "last", "absent", *unreadable])
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "x": [[1]],
        "last": [[3.0]],
    }


def element(kind, data, order):
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def mat(*, order=">", dims=(2, 1), kind=3, data=None):
    """Build a file with one int16 variable, x = [[1], [-2]]."""
    data = struct.pack(order + "hh", 1, -2) if data is None else data
    matrix = b"".join(
        [
            element(6, struct.pack(order + "II", 10, 0), order),
            element(5, struct.pack(f"{order}{len(dims)}i", *dims), order),
            element(1, b"x", order),
            element(kind, data, order),
        ]
    )
    version = b"\1\0MI" if order == ">" else b"\0\1IM"
    return b"MATLAB".ljust(124) + version + element(14, matrix, order)


def read(tmp_path, content):
    path = tmp_path / "a.mat"
    path.write_bytes(content)
    return read_mat(path, ["x"])


@pytest.mark.parametrize("order", ["<", ">"])
def test_reads_both_byte_orders(tmp_path, order):
    x = read(tmp_path, mat(order=order))["x"]
    assert x.dtype.isnative
    assert x.tolist() == [[1], [-2]]


def compressed(payload):
    return mat()[:128] + struct.pack(">II", 15, len(payload)) + payload


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a level 5 .mat file"),
        (mat()[:100], "not a level 5 .mat file"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM", "save -v7"),
        (mat()[:-1], "truncated: expected"),
        (mat()[:133], "unpack_from"),
        (mat() + bytes(8), "expected a matrix .*got type 0"),
        (mat(kind=8), "array of type 8"),
        (mat(kind=200), "array of type 200"),
        (mat(dims=(2, -1)), r"shape \(2, -1\)"),
        (mat(dims=(2**31 - 1, 2**31 - 1)), "reshape|too big"),
        (mat(data=b"123"), "multiple of element size"),
        (compressed(zlib.compress(mat()[128:])[:-1]), "compressed variable"),
        (compressed(zlib.compress(mat()[128:] + b"\0")), "compressed variable"),
        (compressed(zlib.compress(struct.pack(">II", 14, 2**32 - 1))), "cannot hold"),
        (compressed(b"rubbish"), "decompressing"),
    ],
)
def test_errors_of_damaged_files(tmp_path, content, message):
    with pytest.raises(ValueError, match=f"a.mat is damaged.*{message}"):
        read(tmp_path, content)
