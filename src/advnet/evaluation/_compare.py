"""Evaluations of several runs side by side."""

from collections.abc import Mapping
from typing import NamedTuple

from advnet.evaluation._evaluation import Evaluation
from advnet.evaluation._result import MetricResult, check_comparable

TRUE_DATA = "true data"
"""Name of the column of real data in place of samples."""


class ComparisonRow(NamedTuple):
    """One metric of several runs.

    Attributes:
      name: Name of the metric.
      features: Name of the features it was computed on.
      results: Results by the name of the run, and of real data if known.
    """

    name: str
    features: str
    results: dict[str, MetricResult]


class Comparison(NamedTuple):
    """Evaluations of several runs side by side; `print` shows a line per metric.

    Attributes:
      names: Names of the runs.
      rows: Metrics that at least two runs have, in the order of the first run.
      headlines: Verdict on each run in one sentence, by its name.
    """

    names: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    headlines: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the runs, then "true data" if a row has a result of real data."""
        names = (name for row in self.rows for name in row.results)
        return tuple(dict.fromkeys([*self.names, *names]))

    def __str__(self) -> str:
        """Return one line for each run and one for each metric."""
        lines = [f"{name}: {headline}" for name, headline in self.headlines.items()]
        for row in self.rows:
            title = f"{row.name} of {row.features}" if row.features else row.name
            values = (
                f"{name} {result.value:.4g} ± {result.standard_error:.2g}"
                for name, result in row.results.items()
            )
            lines.append(f"{title}: {', '.join(values)}")
        return "\n".join(lines)


def compare(evaluations: Mapping[str, Evaluation]) -> Comparison:
    """Set the metrics of several runs side by side.

    Numbers are compared only if they were computed on the same data, split and
    features, with the same numbers of examples.

    Args:
      evaluations: Evaluations by the name of the run, at least two.

    Returns:
      The metrics that at least two runs have.

    Raises:
      ValueError: If there are fewer than two runs, they have no metric in common, or
        two numbers are not comparable; the message names each difference.

    Examples:
      >>> def run(value):
      ...     result = MetricResult("recall", value, 0.01, 500, 400, data="3f2a")
      ...     return Evaluation(step=100, results=(result,))
      >>> print(compare({"a": run(0.25), "b": run(0.75)}))
      a: The numbers do not suffice for a verdict.
      b: The numbers do not suffice for a verdict.
      recall of raw values: a 0.25 ± 0.01, b 0.75 ± 0.01
    """
    if len(evaluations) < 2:
        raise ValueError(f"Expected at least two runs, got {len(evaluations)}.")
    by_run = {
        name: {(r.name, r.features): r for r in evaluation.results}
        for name, evaluation in evaluations.items()
    }
    keys = dict.fromkeys(key for results in by_run.values() for key in results)
    rows = [
        ComparisonRow(
            *key,
            {run: results[key] for run, results in by_run.items() if key in results},
        )
        for key in keys
    ]
    rows = [row for row in rows if len(row.results) > 1]
    if not rows:
        features = {
            name: sorted({r.features for r in evaluation.results})
            for name, evaluation in evaluations.items()
        }
        raise ValueError(
            f"Expected runs with a metric in common, got the features {features}. "
            "Compare runs on the same data, or evaluate them again."
        )
    for row in rows:
        _check_row(row)
    first = next(iter(evaluations.values()))
    real = {(r.name, r.features): r for r in first.true_data}
    rows = [
        row._replace(results=row.results | {TRUE_DATA: real[row[:2]]})
        if row[:2] in real
        else row
        for row in rows
    ]
    headlines = {name: e.verdict.headline for name, e in evaluations.items()}
    return Comparison(tuple(evaluations), tuple(rows), headlines)


def _check_row(row: ComparisonRow) -> None:
    """Raise if the results of two runs are not comparable."""
    first, reference = next(iter(row.results.items()))
    for name, result in row.results.items():
        try:
            check_comparable(reference, result)
        except ValueError as error:
            raise ValueError(f"{first} and {name}: {error}") from None
