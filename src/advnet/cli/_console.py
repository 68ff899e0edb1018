"""Printing: tables of numbers, plans and lists of files."""

import sys
from collections.abc import Sequence
from pathlib import Path

from advnet._extras import require
from advnet.cli._output import discard
from advnet.evaluation import Evaluation, MetricResult, parzen
from advnet.evaluation.diagnosis import Diagnosis
from advnet.runs import Plan, Run

_AGAINST = "Against data not trained on"
_MIN_ROWS = 3  # metrics of one kind of features in a table of their own


def console():
    """Return the console of the terminal; it takes no text for markup."""
    rich = require("rich.console", "cli")

    class Console(rich.Console):
        """Console that a closed pipe cannot end."""

        def on_broken_pipe(self) -> None:
            """Print nothing more, in place of ending the process."""
            self.quiet = True
            discard(sys.stdout)

    return Console(markup=False)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the Parzen table, the metrics, the diagnosis and the verdict."""
    if evaluation.parzen is not None:
        _print_parzen(evaluation.parzen)
    beside = evaluation.true_data if evaluation.step is not None else None
    print_results(evaluation.results, beside)
    if evaluation.diagnosis is not None:
        _print_diagnosis(evaluation.diagnosis)
    if evaluation.verdict.ratings:
        console().print(f"Verdict: {evaluation.verdict}", highlight=False)


def print_results(
    results: Sequence[MetricResult], true_data: Sequence[MetricResult] | None = None
) -> None:
    """Print one row for each metric, with a column of true data if known.

    Features with several metrics have a table of their own.
    """
    if not results:
        console().print("Note: too few examples to compare: no metrics.")
        return
    groups: dict[str, list[MetricResult]] = {}
    for result in results:
        groups.setdefault(result.features, []).append(result)
    few = [group for group in groups.values() if len(group) < _MIN_ROWS]
    for features, group in groups.items():
        if len(group) >= _MIN_ROWS:
            rows = [(result.name, result) for result in group]
            _print_table(f"{_AGAINST}, on {features}", rows, true_data)
    if few:
        rows = [(_full_name(result), result) for group in few for result in group]
        _print_table(_AGAINST, rows, true_data)


def _print_table(
    title: str,
    rows: Sequence[tuple[str, MetricResult]],
    true_data: Sequence[MetricResult] | None,
) -> None:
    heading = ["metric", "samples", "n"]
    if true_data is not None:
        heading.insert(2, "true data")
    table = require("rich.table", "cli").Table(*heading, title=title)
    same = {(result.name, result.features): result for result in true_data or ()}
    for name, result in rows:
        counts = (f"{num:,}" for num in (result.num_real, result.num_fake) if num)
        cells = [name, format_result(result), ", ".join(counts)]
        if true_data is not None:
            reference = same.get((result.name, result.features))
            cells.insert(2, "" if reference is None else format_result(reference))
        table.add_row(*cells)
    console().print(table)


def _full_name(result: MetricResult) -> str:
    return f"{result.name}, {result.features}" if result.features else result.name


def format_result(result: MetricResult) -> str:
    """Format a value with its error and p-value, or the reason of a failure."""
    if result.failure is not None:
        return f"failed: {result.failure}"
    p_value = "" if result.p_value is None else f", p {result.p_value:.1g}"
    return f"{result.value:.3g} ± {result.standard_error:.1g}{p_value}"


def print_plan(plan: Plan) -> None:
    """Print networks, sizes, memory and time of a run."""
    console().print(str(plan), highlight=False, soft_wrap=True)


def print_files(run: Run) -> None:
    """Print the files in the folder of a run."""
    out = console()
    out.print(f"{int(run.state.step)} steps. Written:")
    files = (file for file in run.folder.path.iterdir() if file.name[0] != ".")
    for file in sorted(files):
        out.print(f"  {file}", highlight=False, soft_wrap=True)


def print_written(path: Path) -> None:
    """Print that a file was written."""
    console().print(f"Written: {path}", highlight=False, soft_wrap=True)


def _print_parzen(scores: parzen.Table) -> None:
    samples = scores.rows["samples"].log_likelihood
    table = require("rich.table", "cli").Table(
        "centers",
        "log-likelihood, nats",
        "sigma, and its place",
        title=f"Parzen window of {samples.num_fake:,} centers on "
        f"{samples.num_real:,} test examples",
        caption="True data: as many training examples as centers.\n"
        "Above it, a score rewards blur.",
    )
    for name, (likelihood, bandwidth) in scores.rows.items():
        mean = f"{likelihood.value:.1f} ± {likelihood.standard_error:.1f}"
        table.add_row(name, mean, str(bandwidth))
    console().print(table)
    for note in scores.notes:
        console().print(f"Note: {note}", style="yellow", highlight=False)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    out = console()
    for finding in diagnosis.findings:
        out.print(f"Diagnosis: {finding}", style="yellow", highlight=False)
    out.print(f"Diagnosis: {diagnosis.summary}", highlight=False)
    for name, reason in diagnosis.not_applied.items():
        out.print(f"  not applied: {name} ({reason})", highlight=False)
