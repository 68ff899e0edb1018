"""The README's example and the page of questions run, as they stand but for sizes."""

import re
from pathlib import Path

import jax
import pytest

from advnet import losses

ROOT = Path(__file__).parent.parent
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
CODE = PYTHON.search((ROOT / "README.md").read_text()).group(1)
QUESTIONS = (ROOT / "docs" / "questions.md").read_text()


def run(code, name):
    with jax.numpy_dtype_promotion("standard"):  # optax.adam promotes its counters
        exec(compile(code, name, "exec"), {})


def test_example_runs(capsys):
    small = CODE
    for size, tiny in {"2_400": "2", "every=400": "every=1", "4_000": "64"}.items():
        assert size in CODE
        small = small.replace(size, tiny)
    run(small, "README.md")
    printed = capsys.readouterr().out
    assert "step 2  discriminator/fake_logit" in printed
    assert "nats (n = 500)" in printed


def test_example_is_at_most_sixteen_lines():
    assert len([line for line in CODE.splitlines() if line]) <= 16


@pytest.mark.ci
def test_answers_run(capsys):
    run("\n".join(PYTHON.findall(QUESTIONS)), "questions.md")
    printed = capsys.readouterr().out
    assert "kernel distance of random projection to 16" in printed
    assert "rules were applied" in printed


@pytest.mark.parametrize("name", sorted(set(losses.names()) - {"f_gan"}))
def test_the_table_of_losses_is_what_they_say(name):
    theory = losses.get(name).theory
    row = next(x for x in QUESTIONS.splitlines() if x.startswith(f"| `{name}` |"))
    assert theory.name in row
    assert row.endswith(f"| {theory.equilibrium:.3f} |")
