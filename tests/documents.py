"""Pages of the documentation, and functions that run their code."""

import re
from pathlib import Path

import jax

from advnet import evaluation, recipes

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def name_of(page):
    """Return the path of a page relative to the repository."""
    return str(page.relative_to(ROOT))


def python_code(page):
    """Return the Python blocks of a page as one program."""
    return "\n".join(PYTHON.findall(page.read_text()))


def run_code(code, name):
    """Run a program of a document; return its variables.

    Rows that the program adds to tables of the library are removed again.
    """
    tables = [(table, dict(table)) for table in (recipes.RECIPES, evaluation.METRICS)]
    scope = {}
    try:
        with jax.numpy_dtype_promotion("standard"):  # optax.adam promotes its counters
            exec(compile(code, name, "exec"), scope)
    finally:
        for table, rows in tables:
            table.clear()
            table.update(rows)
    return scope


def shell_commands():
    """Yield each shell command of the pages as its page and its words."""
    for page in PAGES:
        for block in SHELL.findall(page.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.split("#")[0].split("&&"):
                    if words := part.split():
                        yield page, words
