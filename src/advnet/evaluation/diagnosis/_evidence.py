"""What a diagnosis may look at, checked and cut to the part that is finite."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike


class NotApplicable(Exception):
    """Why a rule does not apply to what was given."""


class Verdict(NamedTuple):
    """One thing that is wrong.

    Attributes:
      name: Of the failure, such as "mode collapse".
      rule: What was measured, and on which side of the threshold it is wrong.
      number: What it came to.
      threshold: Where the rule begins to fire.
      says: What was seen, in words.
      advice: What to try.
    """

    name: str
    rule: str
    number: float
    threshold: float
    says: str
    advice: str

    def __str__(self) -> str:
        """All of it, in three sentences."""
        return (
            f"{self.name}: {self.says} ({self.rule}: {self.number:.3g}, threshold "
            f"{self.threshold:g}). {self.advice}"
        )


class Evidence(NamedTuple):
    """A run as the rules see it.

    Attributes:
      metrics: Columns by name, whole, float64 [t].
      steps: Of the rows [t].
      finite: How many rows come before the first value that is not finite.
      samples: Samples of the model [m, d], if given.
      data: What it was trained on [n, d], if given.
      held_out: Data it has not seen [h, d], if given.
      output_range: What the generator's output cannot leave, if known.
    """

    metrics: dict[str, np.ndarray]
    steps: np.ndarray
    finite: int
    samples: np.ndarray | None
    data: np.ndarray | None
    held_out: np.ndarray | None
    output_range: tuple[float, float] | None

    def column(self, name: str, least: int) -> np.ndarray:
        """The finite rows of one metric; `NotApplicable` if there are too few."""
        if name not in self.metrics:
            raise NotApplicable(f"there is no {name}")
        if self.finite < least:
            raise NotApplicable(f"it takes {least} finite rows, got {self.finite}")
        return self.metrics[name][: self.finite]

    def at_least(self, steps: int) -> None:
        """`NotApplicable` if the run is shorter; without metrics it is taken for done."""
        end = self.steps[self.finite - 1] if self.finite else 0
        if self.metrics and end < steps:
            raise NotApplicable(f"it takes {steps:,} finite steps, got {end:,.0f}")

    def critics(self) -> list[str]:
        """Players that have logits, or `NotApplicable`."""
        ends = "/fake_logit"
        found = [x.removesuffix(ends) for x in self.metrics if x.endswith(ends)]
        if not found:
            raise NotApplicable("there is no critic's fake_logit")
        return found

    def others(self) -> Iterator[str]:
        """Players that play against a critic."""
        ends, critics = "/gradient_norm", self.critics()
        found = (x.removesuffix(ends) for x in self.metrics if x.endswith(ends))
        return (name for name in found if name not in critics)

    def given(self, name: str) -> np.ndarray:
        """Finite examples [n, d], or `NotApplicable`."""
        examples = getattr(self, name)
        if examples is None:
            raise NotApplicable(f"it takes {name}")
        if not np.isfinite(examples).all():
            raise NotApplicable(f"{name} are not all finite")
        return examples


def collect(
    metrics: Mapping[str, ArrayLike],
    step: ArrayLike | None,
    output_range: tuple[float, float] | None,
    **examples: ArrayLike | None,
) -> Evidence:
    """Checks what was given."""
    if not isinstance(metrics, Mapping):
        raise TypeError(
            "Expected metrics as columns, {name: [t]}, got "
            f"{type(metrics).__name__}. Of rows: "
            "{name: np.array([row[name] for row in rows]) for name in rows[0]}."
        )
    columns = {name: np.asarray(x, np.float64) for name, x in metrics.items()}
    steps = columns.pop("step", None)
    steps = steps if step is None else np.asarray(step)
    lengths = {name: x.shape for name, x in columns.items()}
    if steps is None:
        steps = 1 + np.arange(max((x[0] for x in lengths.values() if x), default=0))
    if any(shape != np.shape(steps) for shape in lengths.values()):
        raise ValueError(
            f"Expected metrics of one length [t], got {lengths} and steps "
            f"{np.shape(steps)}. Cut them to the rows all of them have."
        )
    good = [np.isfinite(x) for x in columns.values()]
    bad = ~np.all(good, axis=0) if good else np.zeros(len(steps), bool)
    finite = int(bad.argmax()) if bad.any() else len(steps)
    flat = {name: _flat(name, x) for name, x in examples.items()}
    sizes = {name: x.shape[1] for name, x in flat.items() if x is not None}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"Expected examples of one size, got {sizes} values each.")
    return Evidence(columns, steps, finite, output_range=output_range, **flat)


def _flat(name: str, x: ArrayLike | None) -> np.ndarray | None:
    if x is None:
        return None
    x = np.asarray(x, np.float32)
    if x.ndim < 2 or not x.size:
        raise ValueError(
            f"Expected {name} [n, ...] with n >= 1, got {x.shape}. A single value an "
            "example needs an axis: x[:, None]."
        )
    return x.reshape(len(x), -1)
