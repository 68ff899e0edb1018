"""Evidence of a diagnosis: metrics up to the first NaN, samples, data and scores."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet.evaluation._samples import Features, compute_features, features_name
from advnet.evaluation._suitable import suitable
from advnet.evaluation.diagnosis._finding import NotApplicable
from advnet.evaluation.manifolds import PRDC, prdc

MAX_MAGNITUDE = 1e100
"""Limit of absolute values of examples, whose squares float64 holds."""

MIN_JUDGED = 50
"""Smallest number of samples and held-out examples whose features are compared."""

MAX_JUDGED = 1_000
"""Largest number of samples and held-out examples whose features are compared."""

FAR = 1e3
"""Distance from the data, in ranges of the data, beyond which samples are clipped."""


class Judged(NamedTuple):
    """Features of equally many random samples, held-out and training examples [k, f].

    Attributes:
      samples: Features of samples.
      held_out: Features of held-out examples.
      data: Features of training examples, the real data that samples are rated by.
      samples_prdc: Precision, recall, density and coverage of the samples.
      data_prdc: The same of the training examples in place of samples.
    """

    samples: np.ndarray
    held_out: np.ndarray
    data: np.ndarray
    samples_prdc: PRDC
    data_prdc: PRDC


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """Record of a run that the rules are applied to.

    Attributes:
      metrics: All rows of all metrics by name, float64 [t].
      steps: Training step of each row [t].
      num_finite: Number of rows before the first value that is not finite.
      output_range: Range of the generator's output; None if unknown.
      samples: Samples of the model [m, ...]; None if unknown.
      data: Training data [n, ...]; None if unknown.
      held_out: Data the model was not trained on [h, ...]; None if unknown.
      features: Function from examples to features; None for those that suit.
      labels: Classes of the training data [n]; None if unknown.
      conditions: Classes that the samples were drawn under [m]; None if unknown.
      scores: Pairs of a step and a score, float64 [s, 2]; None if unknown.
    """

    metrics: dict[str, np.ndarray]
    steps: np.ndarray
    num_finite: int
    output_range: tuple[float, float] | None
    samples: np.ndarray | None
    data: np.ndarray | None
    held_out: np.ndarray | None
    features: Features | None
    labels: np.ndarray | None
    conditions: np.ndarray | None
    scores: np.ndarray | None

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
        """Return the examples of a field as rows [n, d], or raise NotApplicable."""
        examples = self._require(name)
        return examples.reshape(len(examples), -1)

    def _require(self, name: str) -> np.ndarray:
        examples = getattr(self, name)
        if examples is None:
            raise NotApplicable(f"the rule needs {name}")
        if not np.isfinite(examples).all():
            raise NotApplicable(f"{name} holds NaN or infinity")
        if float(np.abs(examples).max()) > MAX_MAGNITUDE:
            raise NotApplicable(f"{name} holds values above {MAX_MAGNITUDE:g}")
        return examples

    @functools.cached_property
    def space(self) -> Features:
        """Features that were given, or the first that suit the data."""
        if self.features is not None:
            return self.features
        try:
            return suitable(self._require("data"))[0]
        except ValueError as error:  # values that no features take
            raise NotApplicable(str(error).rstrip(".")) from error

    @property
    def space_name(self) -> str:
        """Name of the features, for observations."""
        return features_name(self.space)

    def features_of(
        self, name: str, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """Return features [k, f] of some examples of a field, or raise NotApplicable.

        Samples are clipped far from the data, because metrics refuse huge values.
        """
        data = self._require("data")
        examples = self._require(name)[rows]
        low, high = float(data.min()), float(data.max())
        margin = FAR * (high - low)
        examples = np.clip(examples, low - margin, high + margin)
        return compute_features(self.space, examples)

    @functools.cached_property
    def judged(self) -> Judged:
        """Features that quality is judged by, or raise NotApplicable."""
        names = "data", "samples", "held_out"
        num = min(MAX_JUDGED, *(len(self._require(name)) for name in names))
        if num < MIN_JUDGED:
            raise NotApplicable(
                f"the rule needs {MIN_JUDGED} samples, training and held-out examples"
            )
        data, samples, held_out = (
            self.features_of(name, random_indices(len(self._require(name)), num))
            for name in names
        )
        results = prdc(held_out, samples), prdc(held_out, data)
        return Judged(samples, held_out, data, *results)


def random_indices(total: int, num: int) -> np.ndarray:
    """Return up to `num` random indices, because data may be sorted by class."""
    return np.random.default_rng(0).permutation(total)[:num]


def collect_evidence(
    metrics: Mapping[str, ArrayLike],
    *,
    step: ArrayLike | None,
    output_range: tuple[float, float] | None,
    examples: Mapping[str, ArrayLike | None],
    features: Features | None,
    labels: ArrayLike | None,
    conditions: ArrayLike | None,
    scores: Sequence[tuple[int, float]] | None,
) -> Evidence:
    """Build the evidence from the arguments of `diagnose`, or raise if they are bad."""
    columns, steps = _columns(metrics, step)
    arrays = {name: _require_array(name, x) for name, x in examples.items()}
    sizes = {name: x[0].size for name, x in arrays.items() if x is not None}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"Expected examples of one size, got {sizes} values each.")
    return Evidence(
        columns,
        steps,
        _count_finite_rows(columns, len(steps)),
        output_range,
        features=features,
        labels=_require_classes("labels", labels, "data", arrays),
        conditions=_require_classes("conditions", conditions, "samples", arrays),
        scores=_require_scores(scores),
        **arrays,
    )


def _columns(
    metrics: Mapping[str, ArrayLike], step: ArrayLike | None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return metrics and their steps as columns of one length, or raise."""
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
    return columns, steps


def _count_finite_rows(columns: dict[str, np.ndarray], num_rows: int) -> int:
    """Count the rows before the first row with a value that is not finite."""
    if not columns:
        return num_rows
    finite = np.all([np.isfinite(x) for x in columns.values()], axis=0)
    return num_rows if finite.all() else int(finite.argmin())


def _require_array(name: str, x: ArrayLike | None) -> np.ndarray | None:
    """Return examples as floats [n, ...], or None if there are none."""
    return None if x is None else require_floats(x, name=name, finite=False)


def _require_classes(
    name: str,
    classes: ArrayLike | None,
    of: str,
    arrays: Mapping[str, np.ndarray | None],
) -> np.ndarray | None:
    """Return one class for each example of the field `of`, or raise."""
    if classes is None:
        return None
    classes, examples = np.asarray(classes), arrays[of]
    if examples is not None and classes.shape != (len(examples),):
        raise ValueError(
            f"Expected {name} with one class for each of the {len(examples)} examples "
            f"of {of}, got shape {classes.shape}."
        )
    return classes


def _require_scores(scores: Sequence[tuple[int, float]] | None) -> np.ndarray | None:
    """Return scores as an array [s, 2], sorted by step, or raise."""
    if scores is None or not len(scores):
        return None
    pairs = np.asarray(scores, np.float64)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(
            f"Expected scores as pairs (step, score), got shape {pairs.shape}."
        )
    return pairs[np.argsort(pairs[:, 0], kind="stable")]
