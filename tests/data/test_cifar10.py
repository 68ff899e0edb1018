import numpy as np
import pytest

from advnet.data import _cifar10, cifar10
from advnet.data._cifar10 import read_records

NAMES = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]


@pytest.fixture(autouse=True)
def _two_records_per_file(monkeypatch):
    monkeypatch.setattr(_cifar10, "_RECORDS_PER_FILE", 2)
    monkeypatch.setattr(_cifar10, "_VALID_EXAMPLES", 2)


def record(number):
    """Build a record whose label and red plane encode `number`."""
    red = np.arange(1024) % 128 + number
    planes = [red, np.full(1024, 50), np.full(1024, 100)]
    return bytes([number % 10]) + np.stack(planes).astype(np.uint8).tobytes()


def write(folder):
    folder.mkdir(exist_ok=True)
    for index, name in enumerate(NAMES):
        content = record(2 * index) + record(2 * index + 1)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("subfolder", ["", "cifar-10-batches-bin"])
def test_split_of_the_paper(tmp_path, subfolder):
    write(tmp_path / subfolder)
    dataset = cifar10(tmp_path)
    assert dataset.name == "cifar10"
    for split, numbers in (
        (dataset.train, range(8)),
        (dataset.valid, range(8, 10)),
        (dataset.test, range(10, 12)),
    ):
        assert split.x.shape == (len(numbers), 32, 32, 3)
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)
        assert split.x.flags.c_contiguous
        assert split.y.tolist() == [number % 10 for number in numbers]
        # Row 1, column 2 of the red plane is its entry 34.
        expected = [[number + 34, 50, 100] for number in numbers]
        assert np.rint(split.x[:, 1, 2] * 255).tolist() == expected


def test_a_missing_file_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"data_batch_3\.bin.*test_batch\.bin"):
        cifar10(tmp_path)


def test_reads_from_the_cache_and_fills_it(tmp_path, monkeypatch):
    monkeypatch.setattr(_cifar10, "cache_folder", lambda name: tmp_path)
    with pytest.raises(FileNotFoundError):
        cifar10(download=False)

    def fetch(name, folder, **options):
        assert name == "cifar-10-binary.tar.gz"
        assert options["unpack"]
        write(folder / "cifar-10-batches-bin")

    monkeypatch.setattr(_cifar10, "fetch", fetch)
    assert len(cifar10().train.x) == 8


@pytest.mark.parametrize(
    "content", [b"", bytes(3073), bytes(2 * 3073 - 1), bytes(9219)]
)
def test_refuses_files_of_another_size(tmp_path, content):
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    message = f"2 records of 3073 bytes, 6,146 in all, got {len(content):,} bytes"
    with pytest.raises(ValueError, match=message):
        read_records(path, 2)


def test_refuses_labels_above_9(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(3073) + bytes([10]) + bytes(3072))
    with pytest.raises(ValueError, match=r"labels 0\.\.9, got 10 in record 1"):
        read_records(path, 2)


def test_default_sizes_are_the_official_sizes(tmp_path, monkeypatch):
    monkeypatch.undo()
    write(tmp_path)
    with pytest.raises(ValueError, match="10,000 records of 3073 bytes, 30,730,000"):
        cifar10(tmp_path)
