"""The notebook a user would start from, top to bottom."""

import json
from pathlib import Path

import jax
import matplotlib as mpl
import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "digits.ipynb"


@pytest.mark.ci
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.filterwarnings("ignore:sigma = .* lies at an edge")
def test_notebook_runs(capsys):
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "NUM_STEPS = 1_500" in code[0]
    code[0] = code[0].replace("NUM_STEPS = 1_500", "NUM_STEPS = 30")
    mpl.use("agg")
    scope = {}
    with jax.numpy_dtype_promotion("standard"):  # optax.adam promotes its counters
        for number, source in enumerate(code):
            exec(compile(source, f"{NOTEBOOK.name}, cell {number}", "exec"), scope)
    printed = capsys.readouterr().out
    for expected in ("true data", "coverage", "copying", "rules were applied"):
        assert expected in printed
    assert scope["best"].history
    assert scope["samples"].shape == (1000, 28, 28, 1)


def test_notebook_holds_no_outputs():
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs")
