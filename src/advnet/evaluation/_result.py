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
