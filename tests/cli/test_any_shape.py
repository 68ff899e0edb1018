"""`advnet fit` on data of any shape ends in a folder and a report."""

import numpy as np
import pytest

SHAPES = [
    *(pytest.param(shape, marks=pytest.mark.ci) for shape in [(5,), (40, 24, 3)]),
    *(
        pytest.param(shape, marks=pytest.mark.slow)
        for shape in [(), (28, 28, 1), (32, 32, 3), (96, 96, 1)]
    ),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fit_and_report(advnet, tmp_path, monkeypatch, shape):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, size=(240, *shape), dtype=np.uint8)
    np.save("mine.npy", x if len(shape) == 3 else x.astype(np.float32))
    arguments = ["--steps", "20", "--samples", "30", "--run", "run"]
    code, out, errors = advnet("fit", "mine.npy", *arguments)
    assert code == 0, errors
    assert "kernel distance" in out
    code, _, errors = advnet("report", "run")
    assert code == 0, errors
    page = (tmp_path / "run" / "report.html").read_text()
    assert "kernel distance" in page
    assert np.load("run/samples.npy").shape == (30, *(shape or (1,)))
