"""Record of everything that was measured on one run."""

import dataclasses
import math
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from advnet.evaluation._result import MetricResult
from advnet.evaluation._verdict import Verdict, judge
from advnet.evaluation.diagnosis import Diagnosis, Finding
from advnet.evaluation.parzen import Bandwidth, Score, Table

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Results of one evaluation of a run or of an array of samples.

    Attributes:
      step: Training step of the evaluated state; None if unknown.
      results: Metrics of the samples against data the model has not seen.
      true_data: The same metrics of training examples in place of the samples, for
        comparison.
      parzen: Parzen-window log-likelihoods, if computed.
      diagnosis: Diagnosis of the training run, if computed.

    Examples:
      >>> recall = MetricResult("recall", 0.25, 0.01, num_real=2000, num_fake=1000)
      >>> evaluation = Evaluation(step=500, results=(recall,))
      >>> print(evaluation)
      step 500
      recall of raw values: 0.25 ± 0.01 (n = 2,000, 1,000)
      >>> Evaluation.from_json(evaluation.to_json()) == evaluation
      True
    """

    step: int | None
    results: tuple[MetricResult, ...]
    true_data: tuple[MetricResult, ...] = ()
    parzen: Table | None = None
    diagnosis: Diagnosis | None = None

    @property
    def verdict(self) -> Verdict:
        """Meaning of the numbers in words, and advice on what to try next."""
        return judge(self.results, self.true_data, self.diagnosis)

    def to_json(self) -> dict[str, Any]:
        """Return a dictionary of JSON values; NaN becomes null, infinity a string.

        The verdict is written for readers; `from_json` computes it again.
        """
        return {
            "step": self.step,
            "verdict": {"text": str(self.verdict), **_plain(self.verdict)},
            "results": [_plain(result) for result in self.results],
            "true_data": [_plain(result) for result in self.true_data],
            "parzen": None if self.parzen is None else _parzen_to_json(self.parzen),
            "diagnosis": (
                None if self.diagnosis is None else _diagnosis_to_json(self.diagnosis)
            ),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Evaluation":
        """Return the evaluation that `to_json` turned into `record`.

        Raises:
          ValueError: If `record` does not have the layout of `to_json`.
        """
        try:
            parzen, diagnosis = record["parzen"], record["diagnosis"]
            return cls(
                step=record["step"],
                results=_records(MetricResult, record["results"]),
                true_data=_records(MetricResult, record["true_data"]),
                parzen=None if parzen is None else _parzen_from_json(parzen),
                diagnosis=(
                    None if diagnosis is None else _diagnosis_from_json(diagnosis)
                ),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                "Expected an evaluation as Evaluation.to_json returns it; reading it "
                f"failed with {type(error).__name__}: {error}. Evaluate the run again."
            ) from error

    def __str__(self) -> str:
        """Return a line per result, the Parzen table, the diagnosis and the verdict."""
        lines = [] if self.step is None else [f"step {self.step:,}"]
        true_data = {(r.name, r.features): r for r in self.true_data}
        for result in self.results:
            line = str(result)
            reference = true_data.get((result.name, result.features))
            if reference is not None:
                line += (
                    f"; true data: {reference.value:.4g} ± "
                    f"{reference.standard_error:.2g}"
                )
            lines.append(line)
        parts = [part for part in (self.parzen, self.diagnosis) if part is not None]
        verdict = [str(self.verdict)] if self.verdict.ratings else []
        return "\n".join([*lines, *map(str, parts), *verdict])


def _parzen_to_json(table: Table) -> dict[str, Any]:
    rows = {
        name: {
            "log_likelihood": _plain(score.log_likelihood),
            "bandwidth": _plain(score.bandwidth),
        }
        for name, score in table.rows.items()
    }
    return {"rows": rows, "notes": list(table.notes)}


def _parzen_from_json(record: Mapping[str, Any]) -> Table:
    rows = {
        name: Score(
            _record(MetricResult, row["log_likelihood"]),
            _record(Bandwidth, row["bandwidth"]),
        )
        for name, row in record["rows"].items()
    }
    return Table(rows, tuple(record["notes"]))


def _diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "findings": [_plain(finding) for finding in diagnosis.findings],
        "applied": list(diagnosis.applied),
        "not_applied": dict(diagnosis.not_applied),
    }


def _diagnosis_from_json(record: Mapping[str, Any]) -> Diagnosis:
    return Diagnosis(
        _records(Finding, record["findings"]),
        tuple(record["applied"]),
        dict(record["not_applied"]),
    )


def _plain(value: Any) -> Any:
    """Return `value` with dictionaries, lists and numbers that strict JSON can hold."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _records(kind: type[T], rows: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    return tuple(_record(kind, row) for row in rows)


def _record(kind: type[T], row: Mapping[str, Any]) -> T:
    """Return the named tuple whose fields `_plain` turned into `row`."""
    types = typing.get_type_hints(kind)
    return kind(**{name: _restore(item, types[name]) for name, item in row.items()})


def _restore(value: Any, kind: Any) -> Any:
    """Return the value of type `kind` that `_plain` turned into `value`."""
    if kind is np.ndarray:
        return np.array([_restore(item, float) for item in value])
    if kind is float:
        return math.nan if value is None else float(value)
    return value
