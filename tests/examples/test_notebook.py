"""Tests of the notebooks: all cells run, and no outputs are stored."""

import json

import matplotlib as mpl
import pytest
from documents import ROOT, run_code

DIGITS, RUNS = ROOT / "examples" / "digits.ipynb", ROOT / "examples" / "runs.ipynb"


def run_small(path, steps):
    """Run the cells of a notebook with fewer steps; return its variables."""
    cells = json.loads(path.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    line = f"NUM_STEPS = {steps}"
    assert line in code[0], f"Replace {line!r} in this test by the line of {path.name}"
    mpl.use("agg")
    program = "\n".join(code).replace(line, "NUM_STEPS = 30")
    return run_code(program, path.name)


@pytest.mark.ci
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.filterwarnings("ignore:sigma = .* lies at an edge")
def test_notebook_of_digits_runs(capsys):
    scope = run_small(DIGITS, "1_500")
    printed = capsys.readouterr().out
    for expected in ("true data", "coverage", "copying", "rules applied"):
        assert expected in printed
    assert scope["best"].history
    assert scope["samples"].shape == (1000, 28, 28, 1)


@pytest.mark.ci
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_notebook_of_runs_runs(capsys):
    scope = run_small(RUNS, "3_000")
    assert "coverage of standardized values" in capsys.readouterr().out
    assert scope["page"].exists()
    assert scope["samples"].shape == (500, 2)


def test_notebooks_hold_no_outputs():
    for path in sorted((ROOT / "examples").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        outputs = [cell for cell in cells if cell.get("outputs")]
        assert not outputs, f"Clear the outputs of {path.name}"
