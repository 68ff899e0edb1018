"""Table 1: log-likelihoods under a Parzen window, the paper's beside ours."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from advnet.evaluation import parzen
from advnet.paper import _runs
from advnet.paper._result import Result
from advnet.paper._runs import FinishedRun
from advnet.paper._settings import Settings

# Mean and standard error in nats, MNIST and TFD.
PAPER = {
    "DBN": ((138, 2), (1909, 66)),
    "stacked CAE": ((121, 1.6), (2110, 50)),
    "deep GSN": ((214, 1.1), (1890, 29)),
    "adversarial nets": ((225, 2), (2057, 26)),
}
ROWS = {
    "adversarial nets, here": "samples",
    "true data": "true data",
    "k-means": "k-means",
}
_NUM_FOLDS = 5
_WARNING = (
    "What the score does not mean: a blurry model, such as the centers of k-means, may "
    "score above real data; more samples raise the score; and few samples in many "
    "dimensions do not make a density. It is the paper's measure, and shown as such."
)


class Cell(NamedTuple):
    """One cell of the table.

    Attributes:
      mean: Mean log-likelihood in nats, over seeds or folds.
      standard_error: Over test examples (seeds) or over folds.
      values: Log-likelihood of each seed or fold.
      sigmas: Bandwidth of each seed or fold.
      sd: Standard deviation over seeds, where there are several.
      num_started: Number of seeds that left the start and entered the mean.
    """

    mean: float
    standard_error: float
    values: list[float]
    sigmas: list[float]
    sd: float | None = None
    num_started: int | None = None


Column = dict[str, Cell]
"""Cells by the name of their row in a `parzen.Table`."""


def table1(settings: Settings) -> Result:
    """Compute the rows of this library beside the rows of the paper."""
    seeds: list[FinishedRun] = []
    for seed in range(settings.seeds):
        dataset = seeds[0].run.dataset if seeds else None
        seeds.append(_runs.mnist(settings, seed, dataset))
    columns = {"MNIST": summarize_seeds([_parzen_table(run) for run in seeds])}
    trained = list(seeds)
    notes = [f"MNIST here: {seeds[0].data}; the paper's are 50,000."]
    if settings.faces is None:
        notes.append("TFD was not run: give its file, or other faces, with --faces.")
    else:
        folds = [_runs.faces(settings, fold) for fold in range(_NUM_FOLDS)]
        columns["TFD"] = summarize_folds([_parzen_table(run) for run in folds])
        trained += folds
        notes.append(
            f"Faces here: {folds[0].data} in fold 0, from {settings.faces.name}."
        )
    notes += [event for run in trained for event in run.recoveries]
    numbers: dict[str, Any] = {
        name: {row: cell._asdict() for row, cell in column.items()}
        for name, column in columns.items()
    }
    numbers["runs"] = [run.about() for run in trained]
    return Result(numbers, text=as_markdown(columns, notes))


def _parzen_table(run: FinishedRun) -> parzen.Table:
    assert run.evaluation.parzen is not None  # the recipes' data are pixels
    return run.evaluation.parzen


def summarize_seeds(tables: list[parzen.Table]) -> Column:
    """Average over seeds; the standard error is the paper's, over test examples."""
    column = {}
    for name in tables[0].rows:
        scores = [table.rows[name] for table in tables]
        values = [score.log_likelihood.value for score in scores]
        # A seed that never leaves the start lies far below 0: it is reported and does
        # not enter the mean.
        started = [score for score in scores if score.log_likelihood.value > 0]
        averaged = [score.log_likelihood for score in started or scores]
        means = [result.value for result in averaged]
        column[name] = Cell(
            mean=float(np.mean(means)),
            standard_error=float(np.mean([r.standard_error for r in averaged])),
            values=values,
            sigmas=[score.bandwidth.sigma for score in scores],
            sd=float(np.std(means, ddof=1)) if len(means) > 1 else None,
            num_started=len(started),
        )
    return column


def summarize_folds(tables: list[parzen.Table]) -> Column:
    """Average over folds; the standard error is over folds, as in the paper."""
    column = {}
    for name in tables[0].rows:
        scores = [table.rows[name] for table in tables]
        result = parzen.across_folds([score.log_likelihood for score in scores])
        column[name] = Cell(
            mean=result.value,
            standard_error=result.standard_error,
            values=[score.log_likelihood.value for score in scores],
            sigmas=[score.bandwidth.sigma for score in scores],
        )
    return column


def as_markdown(columns: Mapping[str, Column], notes: list[str]) -> str:
    """Format the table, its notes and what the score does not mean."""
    lines = ["| nats | MNIST | TFD |", "|---|---|---|"]
    for name, scores in PAPER.items():
        cells = (f"{mean} ± {error}" for mean, error in scores)
        lines.append(f"| {name}, the paper | {' | '.join(cells)} |")
    for name, row in ROWS.items():
        cells = (
            _format_cell(columns.get(column, {}).get(row))
            for column in ("MNIST", "TFD")
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    notes = [*notes, *_notes_on_seeds(columns["MNIST"]["samples"])]
    return "\n".join([*lines, "", *notes, _WARNING]) + "\n"


def _notes_on_seeds(cell: Cell) -> list[str]:
    notes, num = [], len(cell.values)
    if cell.sd is not None:
        averaged = cell.num_started or num
        notes.append(f"Standard deviation over {averaged} seeds: {cell.sd:.1f} nats.")
    if cell.num_started and cell.num_started < num:
        notes.append(
            f"The mean is of {cell.num_started} of {num} seeds: the others never left "
            "the start."
        )
    return notes


def _format_cell(cell: Cell | None) -> str:
    return "-" if cell is None else f"{cell.mean:.1f} ± {cell.standard_error:.1f}"
