import json
import shutil

import pytest
from cli.running import BAD

pytestmark = pytest.mark.ci


@pytest.fixture
def runs(run):
    """Two finished runs that differ in their seed and in their scores."""
    other = shutil.copytree(run, run.parent / "other")
    for name, change in (("config.json", _set_loss), ("evaluation.json", _worsen)):
        content = json.loads((other / name).read_text())
        change(content)
        (other / name).write_text(json.dumps(content))
    return run, other


def _set_loss(record):
    record["config"]["loss"] = "hinge"


def _worsen(evaluation):
    for result in evaluation["results"]:
        if result["name"] == "recall":
            result["value"] = 0.0123


def test_two_runs_stand_side_by_side(advnet, runs, tmp_path):
    code, out, errors = advnet("compare", *runs, "--out", tmp_path / "two.html")
    assert code == 0, errors
    assert "loss: run None, other hinge" in out
    assert "0.0123" in out
    assert "true data" in out
    text = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "hinge" in text
    assert "0.0123" in text
    assert text.count('alt="Samples of') == 2


def test_what_cannot_be_compared_is_refused_in_one_line(advnet, runs):
    run, other = runs
    content = json.loads((other / "evaluation.json").read_text())
    for result in content["results"]:
        result["data"] = "another"
    (other / "evaluation.json").write_text(json.dumps(content))
    code, _, errors = advnet("compare", run, other)
    assert code == BAD
    assert "run and other: " in errors
    assert "data or splits with the hashes" in errors

    (other / "evaluation.json").unlink()
    code, _, errors = advnet("compare", run, other)
    assert code == BAD
    assert "other is not evaluated" in errors
    assert advnet("compare", run, run)[0] == BAD
    assert "at least two runs" in advnet("compare", run)[2]
