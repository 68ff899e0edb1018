import io
import os
import zipfile

import numpy as np
import pytest

from advnet.data import Split, load


def save(path, *arrays, **named):
    np.savez(path, *arrays, **named) if path.suffix == ".npz" else np.save(
        path, *arrays
    )
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.array([3, 255], np.uint8),
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.arange(6.0).reshape(2, 3),
        np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(7.0),
        np.zeros((0, 3)),
        np.array([[True, False]]),
    ],
)
def test_arrays_are_loaded_unchanged(tmp_path, array):
    for loaded in (
        load(save(tmp_path / "a.npy", array)),
        load(save(tmp_path / "a.npz", x=array), key="x"),
    ):
        assert loaded.dtype == array.dtype
        np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">i2", ">u8"])
def test_arrays_have_native_byte_order(tmp_path, dtype):
    loaded = load(save(tmp_path / "a.npy", np.arange(4).astype(dtype)))
    assert loaded.dtype == np.dtype(dtype).newbyteorder("=")
    assert loaded.tolist() == [0, 1, 2, 3]


def test_uint8_of_two_or_more_dimensions_becomes_pixels(tmp_path):
    path = tmp_path / "a.npz"
    pixels = np.array([[0, 51, 255]], np.uint8)
    np.savez_compressed(path, images=pixels, labels=pixels[0], gray=pixels[None])
    arrays = load(path)
    expected = np.array([[0, 51, 255]], np.float32) / np.float32(255)
    np.testing.assert_array_equal(arrays["images"], expected)
    np.testing.assert_array_equal(arrays["labels"], pixels[0])
    np.testing.assert_array_equal(arrays["gray"], expected[None, ..., None])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "1,2.5\n-3,4e1\n"),
        ("a.csv", '"length","width"\n1,2.5\n-3,4e1'),
        ("a.csv", "\ufefflength,width\r\n1,2.5\r\n\r\n-3,4e1\r\n"),
        ("a.CSV", "length, width\n1, 2.5\n-3, 4e1\n"),
        ("a.tsv", "length\twidth\n1\t2.5\n-3\t4e1\n"),
        ("a.csv", "0,1\n1.0,2.5\n-3.0,40.0\n"),  # DataFrame.to_csv of an array
        ("a.csv", "2015,2016\n1.0,2.5\n-3.0,40.0\n"),
        ("a.csv", "2010,2000\n1.0,2.5\n-3.0,40.0\n"),
    ],
)
def test_tables_of_numbers(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode())
    np.testing.assert_array_equal(load(tmp_path / name), [[1, 2.5], [-3, 40]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("length,width\n", "holds no rows"),
        ("a,b\n1,red\n", "row 2, column 2.*'red'.*data.read_table"),
        ("1,2\n1,\n", "empty cells"),
        ("1,\n1,2\n", "empty cells"),
        ("1,red\n1,2\n", "'red'"),
        ("a;b\n1,5;2\n", "separated by commas, got semicolons"),
        ("1;2\n3;4\n", "separated by commas, got semicolons"),
        ("1 2\n3 4\n", "separated by commas, got blanks"),
        ("a,b\n\n1,2\n3\n", "row 4: expected 2 cells, as in row 3, got 1"),
        ("0,1,2\n5,6,7\n", "0, 1, 2: expected an example or names.*header=False"),
        ("0,1\n5,6\n", "0, 1: expected an example or names"),
        ("0\n5\n6\n", " is 0: expected an example or names"),
        ("2015,2016\n5,6\n", "2015, 2016: expected an example or names"),
        (",a,b\n0,1.5,2\n1,2.5,3\n", "numbers of the rows.*index=False"),
        (",a\n", "holds no rows"),
        ('"","a"\n"1",1.5\n"2",2.5\n', "numbers of the rows.*index=False"),
        (",0,1\n0,1.5,2\n1,2.5,3\n", "numbers of the rows.*index=False"),
        ("1,2\n1,2,3\n", "row 2: expected 2 cells, as in row 1, got 3"),
    ],
)
def test_errors_of_tables(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=f"(?s)a.csv.*{message}"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 1], [1, 0]],  # flags
        [[0], [5], [0]],  # counts, the first of which occurs again
    ],
)
def test_integers_from_0_that_may_be_an_example_are_named(tmp_path, rows):
    np.savetxt(tmp_path / "a.csv", rows, fmt="%d", delimiter=",")
    with pytest.warns(UserWarning, match=r"first row of .*a\.csv, 0.* as an example"):
        np.testing.assert_array_equal(load(tmp_path / "a.csv"), rows)


def test_years_above_years_are_an_example(tmp_path):
    (tmp_path / "a.csv").write_text("1990,2010\n1985,2000\n")
    np.testing.assert_array_equal(
        load(tmp_path / "a.csv"), [[1990, 2010], [1985, 2000]]
    )


def test_a_first_column_without_a_name_may_hold_values(tmp_path):
    (tmp_path / "a.csv").write_text(",b\n0.5,1\n0.25,2\n")
    np.testing.assert_array_equal(load(tmp_path / "a.csv"), [[0.5, 1], [0.25, 2]])


@pytest.mark.parametrize(
    ("encoding", "expected"), [("latin-1", "LATIN1"), ("utf-16", "UTF-16")]
)
def test_the_error_for_another_encoding_names_the_remedy(tmp_path, encoding, expected):
    (tmp_path / "a.csv").write_bytes("größe,b\n1,2\n".encode(encoding))
    with pytest.raises(ValueError, match=f"a.csv in UTF-8, got .*iconv -f {expected}"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.csv", "a.tsv"])
def test_pipes_and_devices_are_refused(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=f"Expected a regular file, got .*{name}"):
        load(tmp_path / name)


def test_a_folder_is_read_as_a_folder_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("L", (3, 2), 255).save(tmp_path / "a.png")
    split = load(tmp_path)
    assert isinstance(split, Split)
    np.testing.assert_array_equal(split.x, np.ones((1, 2, 3, 1), np.float32))


def test_suffixes_may_be_upper_case(tmp_path):
    path = save(tmp_path / "a.npy", np.arange(3))
    assert load(path.rename(tmp_path / "A.NPY")).tolist() == [0, 1, 2]


def test_the_error_for_an_unknown_key_lists_the_known_keys(tmp_path):
    path = save(tmp_path / "a.npz", x=np.zeros(1), y=np.zeros(1))
    with pytest.raises(KeyError, match=r"no array 'z'; it has \['x', 'y'\]"):
        load(path, key="z")


def test_a_key_selects_an_array_beside_an_unreadable_one(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(2), names=np.array(["a", "b"]))
    assert load(path, key="x").tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"a.npz\[names.npy\] has dtype <U1"):
        load(path)


def test_a_key_is_only_for_archives(tmp_path):
    with pytest.raises(ValueError, match=r"key='x' names an array of a \.npz"):
        load(save(tmp_path / "a.npy", np.zeros(1)), key="x")


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_pickles_are_never_loaded(tmp_path, name):
    with pytest.raises(ValueError, match=r"(?s)Python objects .*never unpickles"):
        load(save(tmp_path / name, np.array([Bomb()], object)))


@pytest.mark.parametrize("dtype", ["U3", "S2", "datetime64[s]", "f4,i4"])
def test_refuses_arrays_that_are_not_numeric(tmp_path, dtype):
    with pytest.raises(ValueError, match="expected numbers|format version"):
        load(save(tmp_path / "a.npy", np.zeros(2, dtype)))


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


NPY = npy(np.arange(3.0))


def with_shape(shape):
    return NPY.replace(b"(3,), }".ljust(40), shape + b", }".ljust(40 - len(shape)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged, or is not a .npy file"),
        (b"rubbish" * 30, "magic"),
        (NPY[:-1], r"float64 \[3\], expected 152 bytes, got 151"),
        (NPY + b"\0", "expected 152 bytes, got 153"),
        (NPY[:60], "damaged"),
        (with_shape(b"(%d,)" % 10**30), "damaged"),
        (with_shape(b"(0, %d)" % 10**30), "damaged"),
        (with_shape(b"(-3, -1)"), "damaged"),
        (with_shape(b"3"), "shape is not valid"),
        (NPY.replace(b"\x93NUMPY\1", b"\x93NUMPY\3"), "format version"),
        (NPY.replace(b"<f8", b"<q9"), "not a valid dtype"),
    ],
)
def test_errors_of_arrays(tmp_path, content, message):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=f"(?s)a.npy.*{message}"):
        load(tmp_path / "a.npy")


def test_errors_of_archives(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="a.npz is damaged, or is not an .npz file"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match=r"a.npz\[readme.txt\] is not an array"):
        load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", NPY)
    with pytest.raises(ValueError, match=r"a.npz\[x.npy\].*stored or deflated"):
        load(path)


def test_the_error_for_other_files_names_the_right_readers(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"")
    with pytest.raises(ValueError, match=r"got .*a\.pkl.*read_idx\(\)"):
        load(tmp_path / "a.pkl")
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        load(tmp_path / "nothing.npy")
