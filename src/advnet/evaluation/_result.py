"""The result type of every metric."""

import math
from typing import NamedTuple


class MetricResult(NamedTuple):
    """Value of one metric, with the facts needed to read it.

    Attributes:
      name: Name of the metric.
      value: Value, in the unit that the metric documents; NaN if it failed.
      standard_error: Standard error of the value over examples; NaN if unknown.
      num_real: Number of examples of the data; 0 if the metric uses none.
      num_fake: Number of samples of the model; 0 if the metric uses none.
      features: Name of the features the value was computed on; empty if the metric
        compares no examples.
      p_value: Probability of a value at least as extreme if both sides had one
        distribution; None if the metric is not a test.
      fingerprint: Hash of the weights of the feature network, if it has weights.
      failure: Reason why the metric could not be computed, else None.
      data: Hash of the real examples, as the metric received them, and of the training
        examples where the metric uses them; None if unknown.

    Examples:
      >>> print(MetricResult("recall", 0.25, 0.01, num_real=2000, num_fake=1000))
      recall of raw values: 0.25 ± 0.01 (n = 2,000, 1,000)
      >>> print(MetricResult("recall", float("nan"), failure="Expected n >= 6, got 2."))
      recall of raw values: failed (Expected n >= 6, got 2.)
    """

    name: str
    value: float
    standard_error: float = math.nan
    num_real: int = 0
    num_fake: int = 0
    features: str = "raw values"
    p_value: float | None = None
    fingerprint: str | None = None
    failure: str | None = None
    data: str | None = None

    def __str__(self) -> str:
        """Return the name, the value and its error, the counts and p on one line."""
        title = f"{self.name} of {self.features}" if self.features else self.name
        if self.failure is not None:
            return f"{title}: failed ({self.failure})"
        counts = ", ".join(f"{n:,}" for n in (self.num_real, self.num_fake) if n)
        return (
            f"{title}: {self.value:.4g} ± {self.standard_error:.2g}"
            + (f" (n = {counts})" if counts else "")
            + ("" if self.p_value is None else f", p = {self.p_value:.3g}")
        )


def check_comparable(first: MetricResult, second: MetricResult) -> None:
    """Raise if two results are of different data, features or numbers of examples.

    Args:
      first: Result of one model.
      second: Result of the same metric of another model.

    Raises:
      ValueError: If the results differ in anything but their values; the message names
        each difference.

    Examples:
      >>> result = MetricResult("recall", 0.25, num_real=500, num_fake=400, data="3f2a")
      >>> check_comparable(result, result._replace(value=0.5))
      >>> check_comparable(result, result._replace(num_fake=300))  # doctest: +ELLIPSIS
      Traceback (most recent call last):
      ValueError: Expected comparable results of recall, got number of samples 400...
    """
    differences = [
        f"{words} {getattr(first, field)} and {getattr(second, field)}"
        for field, words in _IDENTITY.items()
        if getattr(first, field) != getattr(second, field)
    ]
    if first.data is None and second.data is None and first.num_real:
        differences.append("unknown data of both")
    if differences:
        raise ValueError(
            f"Expected comparable results of {first.name}, got "
            f"{', '.join(differences)}. Evaluate both models again, in the same way."
        )


_IDENTITY = {
    "name": "the metrics",
    "data": "data or splits with the hashes",
    "features": "the features",
    "fingerprint": "weights of the features",
    "num_real": "number of real examples",
    "num_fake": "number of samples",
}
"""Fields that comparable results share, with their names in messages."""
