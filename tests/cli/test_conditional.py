"""Commands on a run with labels, as a user types them."""

import numpy as np
import pytest
from cli.running import BAD

image_module = pytest.importorskip("PIL.Image")


@pytest.mark.ci
@pytest.mark.filterwarnings("always:Left out")
def test_fit_sample_interpolate_and_invert_by_class(advnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(60):
        folder = tmp_path / "pets" / ("cat", "dog")[number % 2]
        folder.mkdir(exist_ok=True, parents=True)
        image_module.new("L", (9, 7), number).save(folder / f"{number}.png")
    (tmp_path / "pets" / "cat" / "broken.png").write_bytes(b"no image")
    fit = "fit pets --size 5 5 --channels 1 --steps 2 --samples 20 --run run"
    code, _, errors = advnet(*fit.split())
    assert code == BAD
    assert "broken.png is damaged" in errors
    code, out, errors = advnet(*fit.split(), "--skip-damaged")
    assert code == 0, errors
    assert "warning: Left out 1 of 61 images" in errors
    assert "of 2 classes" in out
    code, _, errors = advnet("sample", "run", "--condition", "dog", "--num", "3")
    assert code == 0, errors
    assert np.load("samples.npy").shape == (3, 5, 5, 1)
    commands = {
        "sample run --num 4 --truncation .7 --out rows.png": "rows.png",
        "interpolate run --condition cat": "interpolation.png",
        "invert run pets/cat/0.png --condition cat": "inversion.png",
        "export run": "sampler.jax",
    }
    for command, name in commands.items():
        code, out, errors = advnet(*command.split())
        assert code == 0, errors
        assert name in out
    assert np.load("inversion/z.npy").shape == (1, 25)
    mistakes = {
        "sample run --condition cow": "No class named 'cow'",
        "invert run pets/cat/0.png": "Pass one of cat, dog",
        "invert run nothing.png --condition cat": "nothing.png",
    }
    for command, message in mistakes.items():
        code, _, errors = advnet(*command.split())
        assert code == BAD
        assert message in errors
