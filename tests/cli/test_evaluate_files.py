"""`advnet evaluate` of two files: their shapes as the user knows them."""

import numpy as np
import pytest
from cli.running import BAD

RNG = np.random.default_rng(0)
ARRAYS = {
    "bytes.npy": RNG.integers(0, 255, (60, 8, 8), dtype=np.uint8),
    "gray.npy": RNG.random((60, 8, 8), np.float32),
    "channel.npy": RNG.random((60, 8, 8, 1), np.float32),
    "vector.npy": RNG.random(60),
    "table.npy": RNG.random((60, 3)),
}


@pytest.fixture
def evaluate(advnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, array in ARRAYS.items():
        np.save(name, array)
    np.savez("archive.npz", ARRAYS["bytes.npy"])

    def run(samples, reference):
        files = ["--samples", samples, "--reference", reference]
        return advnet("evaluate", *files, "--metrics", "sliced_wasserstein")

    return run


@pytest.mark.parametrize(
    ("samples", "reference", "expected"),
    [
        (
            "bytes.npy",
            "table.npy",
            "(3,), as in table.npy; those of bytes.npy are (8, 8)",
        ),
        (
            "table.npy",
            "bytes.npy",
            "(8, 8), as in bytes.npy; those of table.npy are (3,)",
        ),
        ("archive.npz", "table.npy", "those of archive.npz are (8, 8)"),
        ("table.npy", "vector.npy", "shape (), as in vector.npy; those of table.npy"),
    ],
)
def test_the_shapes_in_errors_are_those_of_the_files(
    evaluate, samples, reference, expected
):
    code, _, errors = evaluate(samples, reference)
    assert code == BAD
    assert expected in errors


@pytest.mark.parametrize("samples", ["bytes.npy", "gray.npy", "archive.npz"])
def test_gray_images_may_lack_their_channel(evaluate, samples):
    code, out, errors = evaluate(samples, "channel.npy")
    assert code == 0, errors
    assert "60, 60" in out
