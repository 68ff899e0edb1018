"""Tests of the tutorials: all cells run, and the outputs of a full run are stored."""

import json
import re

import matplotlib as mpl
import numpy as np
import pytest
from documents import ROOT, run_code

TUTORIALS = ROOT / "docs" / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))
STEPS = re.compile(r"^NUM_STEPS = [\d_]+$", re.MULTILINE)
PLACES = re.compile(r"/(?:tmp|home|root|work|Users)/|\bFile \"")
MAX_SIZE = 400_000  # bytes


def cells_of(path, kind):
    cells = json.loads(path.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


def run_small(name):
    """Run the cells of a notebook with few steps; return its variables."""
    code = ["".join(cell["source"]) for cell in cells_of(TUTORIALS / name, "code")]
    program, num = STEPS.subn("NUM_STEPS = 30", "\n".join(code))
    assert num == 1, f"Write one line NUM_STEPS = ... in {name}"
    mpl.use("agg")
    return run_code(program, name)


plots = pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")


@pytest.mark.ci
@plots
@pytest.mark.filterwarnings("ignore:sigma = .* lies at an edge")
def test_notebook_of_digits_runs(capsys):
    scope = run_small("digits.ipynb")
    printed = capsys.readouterr().out
    for expected in ("true data", "coverage", "copying", "rules applied"):
        assert expected in printed
    assert scope["best"].history
    assert scope["samples"].shape == (1000, 28, 28, 1)


@pytest.mark.ci
@plots
def test_notebook_of_runs_runs(capsys):
    scope = run_small("runs.ipynb")
    assert "coverage of standardized values" in capsys.readouterr().out
    assert scope["page"].exists()
    assert scope["samples"].shape == (500, 2)


@pytest.mark.ci
@plots
def test_notebook_of_a_game_of_your_own_runs(capsys):
    scope = run_small("own_game.ipynb")
    assert "clean: 6 of 6 modes" in capsys.readouterr().out
    assert "generator/within_range" in scope["metrics"]
    assert np.isfinite(scope["samples"]).all()


@pytest.mark.ci
@plots
def test_notebook_of_images_runs():
    scope = run_small("your_images.ipynb")
    assert scope["run"].class_names == ("0", "1", "7")
    assert scope["images"].shape == (30, 16, 16, 1)
    assert scope["page"].exists()


@pytest.mark.ci
@plots
def test_notebook_of_a_table_runs(capsys):
    pytest.importorskip("pandas")
    scope = run_small("your_table.ipynb")
    assert "column shapes" in capsys.readouterr().out
    assert list(scope["samples"]) == ["city", "area", "rooms", "price"]


@pytest.mark.ci
@plots
def test_notebook_of_series_runs(capsys):
    scope = run_small("your_series.ipynb")
    assert "spectrum distance" in capsys.readouterr().out
    assert scope["samples"].shape == (200, 32, 2)


@pytest.mark.ci
def test_notebook_of_several_devices_runs(capsys):
    scope = run_small("several_devices.ipynb")
    assert "each device:   (16, 8)" in capsys.readouterr().out
    assert len(scope["kernels"][0].sharding.device_set) == 4


@pytest.mark.ci
def test_notebook_of_pytorch_runs():
    scope = run_small("from_pytorch.ipynb")
    np.testing.assert_allclose(scope["ours"], scope["theirs"], atol=1e-3)


def test_every_notebook_is_listed_and_tested():
    index = (TUTORIALS / "index.md").read_text()
    tests = (ROOT / "tests" / "examples" / "test_notebook.py").read_text()
    for path in NOTEBOOKS:
        assert f"({path.name})" in index, f"Add {path.name} to docs/tutorials/index.md"
        assert f'run_small("{path.name}")' in tests, f"Add a test of {path.name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path):
    """Outputs of a full run are stored, without errors, paths or times."""
    remedy = f"Run `python docs/execute.py docs/tutorials/{path.name}`"
    cells = cells_of(path, "code")
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = {output["output_type"] for output in outputs}
    assert kinds, f"{path.name} has no outputs. {remedy}"
    assert kinds <= {"stream", "display_data", "execute_result"}, remedy
    counts = [cell["execution_count"] for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), remedy
    assert not any("execution" in cell["metadata"] for cell in cells), remedy
    text = "".join("".join(output.get("text", "")) for output in outputs)
    assert not PLACES.search(text), f"{path.name} prints a path of the machine"
    assert path.stat().st_size < MAX_SIZE, f"Make the pictures of {path.name} smaller"
