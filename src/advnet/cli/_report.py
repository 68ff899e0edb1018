"""`advnet report` and `advnet recipes`."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from advnet import runs
from advnet.cli._console import console, print_written
from advnet.recipes import RECIPES


@dataclass(frozen=True, kw_only=True)
class Report:
    """Write a run as one HTML page that needs no other file and no network.

    advnet report runs/mnist-1
    """

    run: tyro.conf.Positional[Path]
    """The run folder; the run is evaluated first if necessary."""
    out: Path | None = None
    """The file; report.html in the run folder by default."""


@dataclass(frozen=True, kw_only=True)
class Recipes:
    """List the recipes of `advnet train`.

    advnet recipes
    """


def report(options: Report) -> int:
    """Run `advnet report`; return the exit code."""
    print_written(runs.open(options.run).report(options.out))
    return 0


def list_recipes(options: Recipes) -> int:
    """Run `advnet recipes`; return the exit code."""
    out = console()
    for name, spec in RECIPES.items():
        summary = (spec.make.__doc__ or "").splitlines()[0]
        out.print(f"{name:18} {summary}", highlight=False)
    return 0
