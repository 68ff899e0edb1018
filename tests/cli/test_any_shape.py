"""`advnet fit` on data of any shape, and every command that reads its run."""

import numpy as np
import pytest

SHAPES = [
    *(pytest.param(shape, marks=pytest.mark.ci) for shape in [(24, 16, 3)]),
    *(
        pytest.param(shape, marks=pytest.mark.slow)
        for shape in [
            (),
            (5,),
            (12, 7, 2),
            (9, 4),
            (28, 28),
            (28, 28, 1),
            (32, 32, 3),
            (40, 24, 3),
            (96, 96, 1),
            (8, 8, 4),
            (6, 5, 5, 2),
        ]
    ),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fit_report_sample_and_interpolate(advnet, tmp_path, monkeypatch, shape):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, size=(240, *shape), dtype=np.uint8)
    are_bytes = len(shape) == 3 or shape == (28, 28)
    np.save("mine.npy", x if are_bytes else x.astype(np.float32))
    arguments = ["--steps", "20", "--samples", "30", "--run", "run"]
    code, out, errors = advnet("fit", "mine.npy", *arguments)
    assert code == 0, errors
    assert "kernel distance" in out
    code, _, errors = advnet("report", "run")
    assert code == 0, errors
    page = (tmp_path / "run" / "report.html").read_text()
    assert "kernel distance" in page
    # Arrays of bytes with two axes are gray images.
    example = (*shape, 1) if shape in ((), (28, 28)) else shape
    assert np.load("run/samples.npy").shape == (30, *example)
    is_image = len(example) == 3 and example[-1] in (1, 3, 4)
    assert (tmp_path / "run" / "samples.png").exists() == is_image
    for command in ("sample", "interpolate"):
        code, out, errors = advnet(command, "run")
        assert code == 0, errors
    assert (".png" if is_image else ".npy") in out
