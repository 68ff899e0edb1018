"""Evidence of a diagnosis: metrics up to the first NaN, samples and data."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet.evaluation.diagnosis._finding import NotApplicable

MAX_MAGNITUDE = 1e100
"""Limit of absolute values of examples, whose squares float64 holds."""


class Evidence(NamedTuple):
    """Record of a run that the rules are applied to.

    Attributes:
      metrics: All rows of all metrics by name, float64 [t].
      steps: Training step of each row [t].
      num_finite: Number of rows before the first value that is not finite.
      samples: Samples of the model [m, d]; None if unknown.
      data: Training data [n, d]; None if unknown.
      held_out: Data the model was not trained on [h, d]; None if unknown.
      output_range: Range of the generator's output; None if unknown.
    """

    metrics: dict[str, np.ndarray]
    steps: np.ndarray
    num_finite: int
    samples: np.ndarray | None
    data: np.ndarray | None
    held_out: np.ndarray | None
    output_range: tuple[float, float] | None

    @property
    def last_finite_step(self) -> float:
        """Training step of the last finite row; 0 if there is none."""
        return float(self.steps[self.num_finite - 1]) if self.num_finite else 0.0

    def require_column(self, name: str, min_rows: int) -> np.ndarray:
        """Return the finite rows of a metric, or raise NotApplicable if too few."""
        if name not in self.metrics:
            raise NotApplicable(f"there is no metric {name}")
        if self.num_finite < min_rows:
            raise NotApplicable(
                f"the rule needs {min_rows} finite rows, got {self.num_finite}"
            )
        return self.metrics[name][: self.num_finite]

    def check_steps(self, min_steps: int) -> None:
        """Raise NotApplicable if the run is too short.

        Without metrics the length is unknown; the run is then assumed to be complete.
        """
        if self.metrics and self.last_finite_step < min_steps:
            raise NotApplicable(
                f"the rule needs {min_steps:,} finite steps, got "
                f"{self.last_finite_step:,.0f}"
            )

    def require_critics(self) -> list[str]:
        """Return the players that report logits, or raise NotApplicable."""
        critics = self._players_with("/fake_logit")
        if not critics:
            raise NotApplicable("there is no metric fake_logit of a critic")
        return critics

    def opponents(self) -> Iterator[str]:
        """Yield the players that play against a critic."""
        critics = self.require_critics()
        players = self._players_with("/gradient_norm")
        return (player for player in players if player not in critics)

    def _players_with(self, suffix: str) -> list[str]:
        """Return the players that report the metric `suffix`."""
        names = [name for name in self.metrics if name.endswith(suffix)]
        return [name.removesuffix(suffix) for name in names]

    def require_finite(self, name: str) -> np.ndarray:
        """Return the examples of a field [n, d], or raise NotApplicable."""
        examples = getattr(self, name)
        if examples is None:
            raise NotApplicable(f"the rule needs {name}")
        if not np.isfinite(examples).all():
            raise NotApplicable(f"{name} holds NaN or infinity")
        if float(np.abs(examples).max()) > MAX_MAGNITUDE:
            raise NotApplicable(f"{name} holds values above {MAX_MAGNITUDE:g}")
        return examples


def collect_evidence(
    metrics: Mapping[str, ArrayLike],
    step: ArrayLike | None,
    output_range: tuple[float, float] | None,
    **examples: ArrayLike | None,
) -> Evidence:
    """Build the evidence from the arguments of `diagnose`, or raise if they are bad."""
    if not isinstance(metrics, Mapping):
        raise TypeError(
            "Expected metrics as columns, {name: [t]}, got "
            f"{type(metrics).__name__}. To convert rows: "
            "{name: np.array([row[name] for row in rows]) for name in rows[0]}."
        )
    columns = {name: np.asarray(x, np.float64) for name, x in metrics.items()}
    steps = columns.pop("step", None)
    steps = steps if step is None else np.asarray(step)
    shapes = {name: x.shape for name, x in columns.items()}
    if steps is None:
        steps = 1 + np.arange(
            max((shape[0] for shape in shapes.values() if shape), default=0)
        )
    if any(shape != np.shape(steps) for shape in shapes.values()):
        raise ValueError(
            f"Expected metrics of one length [t], got {shapes} and steps "
            f"{np.shape(steps)}. Remove the rows that some of them lack."
        )
    matrices = {name: _matrix(name, x) for name, x in examples.items()}
    sizes = {name: x.shape[1] for name, x in matrices.items() if x is not None}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"Expected examples of one size, got {sizes} values each.")
    num_finite = _count_finite_rows(columns, len(steps))
    return Evidence(columns, steps, num_finite, output_range=output_range, **matrices)


def _count_finite_rows(columns: dict[str, np.ndarray], num_rows: int) -> int:
    """Count the rows before the first row with a value that is not finite."""
    if not columns:
        return num_rows
    finite = np.all([np.isfinite(x) for x in columns.values()], axis=0)
    return num_rows if finite.all() else int(finite.argmin())


def _matrix(name: str, x: ArrayLike | None) -> np.ndarray | None:
    """Return examples as a matrix [n, d], or None if there are none."""
    if x is None:
        return None
    x = require_floats(x, name=name, finite=False)
    return x.reshape(len(x), -1)
