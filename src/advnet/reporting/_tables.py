"""The evaluation of a run as rows of text for the report."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from advnet.evaluation import Evaluation, MetricResult, Verdict, parzen
from advnet.evaluation.diagnosis import Diagnosis
from advnet.reporting._words import count


class Cell(NamedTuple):
    """A value of a table.

    Attributes:
      text: The value, with its standard error if it is known.
      note: The p-value of a metric, or the place of a bandwidth in its grid.
    """

    text: str
    note: str = ""


class MetricRow(NamedTuple):
    """A metric of the samples beside the same metric of real data.

    Attributes:
      name: Name of the metric.
      details: Features and numbers of examples.
      failures: Sentences on the results that could not be computed.
      samples: Result of the samples.
      true_data: Result of real data in place of samples, if there is one.
    """

    name: str
    details: str
    failures: Sequence[str]
    samples: Cell
    true_data: Cell | None


class ParzenRow(NamedTuple):
    """A Parzen-window log-likelihood and its bandwidth.

    Attributes:
      name: Name of the centers.
      log_likelihood: Result in nats.
      sigma: Bandwidth, and its place in the grid.
    """

    name: str
    log_likelihood: Cell
    sigma: Cell


class Tables(NamedTuple):
    """The evaluation section of the page.

    Attributes:
      metrics: Rows of the table of metrics.
      has_true_data: Whether any row has a result of real data.
      parzen: Rows of the Parzen-window table.
      parzen_size: Sentence on the numbers of examples and centers.
      notes: Sentences to read with the Parzen-window table.
      diagnosis: The findings of the diagnosis, if there is one.
      summary: Sentence on the numbers of rules that were applied and that fired.
      verdict: What the numbers mean, if there are any.
    """

    metrics: Sequence[MetricRow] = ()
    has_true_data: bool = False
    parzen: Sequence[ParzenRow] = ()
    parzen_size: str = ""
    notes: Sequence[str] = ()
    diagnosis: Diagnosis | None = None
    summary: str = ""
    verdict: Verdict | None = None


def tables(evaluation: Evaluation | None) -> Tables:
    """Return the rows of text for an evaluation; none if there is no evaluation."""
    if evaluation is None:
        return Tables()
    true_data = {(r.name, r.features): r for r in evaluation.true_data}
    rows = [
        _metric_row(result, true_data.get((result.name, result.features)))
        for result in evaluation.results
    ]
    window, diagnosis = evaluation.parzen, evaluation.diagnosis
    return Tables(
        metrics=rows,
        has_true_data=bool(true_data),
        parzen=[] if window is None else _parzen_rows(window),
        parzen_size=_parzen_size(window) if window and window.rows else "",
        notes=() if window is None else window.notes,
        diagnosis=diagnosis,
        summary="" if diagnosis is None else _summary(diagnosis),
        verdict=evaluation.verdict if evaluation.results else None,
    )


def format_cell(result: MetricResult | None) -> Cell:
    """Return the cell of a result, or an empty cell without a result."""
    return Cell("") if result is None else _cell(result)


def _metric_row(result: MetricResult, true_data: MetricResult | None) -> MetricRow:
    failures = []
    if result.failure is not None:
        failures.append(f"Samples: {result.failure}")
    if true_data is not None and true_data.failure is not None:
        failures.append(f"True data: {true_data.failure}")
    reference = None if true_data is None else _cell(true_data)
    return MetricRow(result.name, _details(result), failures, _cell(result), reference)


def _cell(result: MetricResult, digits: str = ".3g", error_digits: str = ".1g") -> Cell:
    if result.failure is not None:
        return Cell("failed")
    text = f"{result.value:{digits}}"
    if not math.isnan(result.standard_error):
        text += f" ±\N{NO-BREAK SPACE}{result.standard_error:{error_digits}}"
    p_value = "" if result.p_value is None else f"p = {result.p_value:.1g}"
    return Cell(_minus(text), _minus(p_value))


def _minus(text: str) -> str:
    return text.replace("e-0", "e-").replace("-", "−")


def _details(result: MetricResult) -> str:
    features = result.features
    if result.fingerprint is not None:
        features += f" (fingerprint {result.fingerprint})"
    counts = [(result.num_real, "real example"), (result.num_fake, "sample")]
    parts = [features, *(count(num, noun) for num, noun in counts if num)]
    return " · ".join(part for part in parts if part)


def _parzen_rows(table: parzen.Table) -> list[ParzenRow]:
    rows = []
    for name, (log_likelihood, bandwidth) in table.rows.items():
        place = f"{bandwidth.index + 1} of {len(bandwidth.sigmas)}"
        sigma = Cell(f"{bandwidth.sigma:.3f}", place)
        rows.append(ParzenRow(name, _cell(log_likelihood, ".1f", ".1f"), sigma))
    return rows


def _parzen_size(table: parzen.Table) -> str:
    result = next(iter(table.rows.values())).log_likelihood
    examples = count(result.num_real, "test example")
    return f"{examples}, {count(result.num_fake, 'center')}."


def _summary(diagnosis: Diagnosis) -> str:
    num_fired = len({finding.name for finding in diagnosis.findings})
    return (
        f"{count(len(diagnosis.applied), 'rule')} applied, {num_fired or 'none'} fired."
    )
