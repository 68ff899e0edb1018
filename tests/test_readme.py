"""Tests of README.md: its example runs, and it stays short."""

import pytest
from documents import ROOT, python_code, run_code

README = ROOT / "README.md"
CODE = python_code(README)


@pytest.mark.ci
def test_example_runs(capsys):
    small = CODE
    for size, tiny in {"2_400": "2", "every=400": "every=1", "4_000": "64"}.items():
        assert size in CODE, f"Replace {size} in this test by the size in README.md"
        small = small.replace(size, tiny)
    run_code(small, "README.md")
    printed = capsys.readouterr().out
    assert "step 2  discriminator/fake_logit" in printed
    assert "Parzen log-likelihood" in printed
    assert "n = 500, 64" in printed


def test_example_is_at_most_sixteen_lines():
    lines = [line for line in CODE.splitlines() if line]
    assert len(lines) <= 16, f"Shorten the example of README.md, {len(lines)} lines"


def test_readme_is_short():
    lines = README.read_text().splitlines()
    assert len(lines) < 120, "Move details of README.md to a page in docs/"
