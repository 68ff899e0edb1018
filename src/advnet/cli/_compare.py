"""`advnet compare`: several runs side by side."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from advnet import runs
from advnet._extras import require
from advnet.cli._console import console, format_result, print_written
from advnet.runs import RunComparison


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Print the metrics of evaluated runs side by side.

    advnet compare runs/mnist-1 runs/mnist-2

    Numbers of different data, splits, features or numbers of examples are refused.
    """

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """The run folders."""
    out: Path | None = None
    """An HTML file for the comparison, with samples and score curves."""


def compare(options: Compare) -> int:
    """Run `advnet compare`; return the exit code."""
    comparison = runs.compare(options.folders)
    _print(comparison)
    if options.out is not None:
        print_written(comparison.report(options.out))
    return 0


def _print(comparison: RunComparison) -> None:
    out = console()
    for option, values in comparison.options.items():
        text = ", ".join(f"{run} {value}" for run, value in values.items())
        out.print(f"{option.replace('_', ' ')}: {text}", highlight=False)
    rows = comparison.metrics.rows
    columns = comparison.metrics.columns
    for features in dict.fromkeys(row.features for row in rows):
        title = f"On {features}" if features else None
        table = require("rich.table", "cli").Table("metric", *columns, title=title)
        for row in rows:
            if row.features == features:
                results = [row.results.get(name) for name in columns]
                cells = ("" if r is None else format_result(r) for r in results)
                table.add_row(row.name, *cells)
        out.print(table)
    for name, headline in comparison.metrics.headlines.items():
        out.print(f"{name}: {headline}", highlight=False)
