"""Features of real and fake examples, checked, for every two-sample metric."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_examples, require_floats
from advnet.evaluation._digest import digest_examples
from advnet.evaluation._result import MetricResult

Features = Callable[[np.ndarray], ArrayLike]
"""Function from examples [m, ...] to features [m, ...].

Its `__name__` is part of every result. Its attribute `fingerprint`, if present, is
copied to `MetricResult.fingerprint`.
"""

_BLOCK = 1_000  # examples for which features are computed in one call


class Sides(NamedTuple):
    """Features of real and fake examples.

    Attributes:
      real: Features of the data [n, d], finite float32 or float64.
      fake: Features of the samples [m, d], finite float32 or float64.
      features: Name of the features.
      fingerprint: Hash of the weights of the feature network, if it has weights.
      data: Digest of the real examples.
    """

    real: np.ndarray
    fake: np.ndarray
    features: str
    fingerprint: str | None
    data: str

    def result(
        self,
        name: str,
        value: float,
        standard_error: float,
        p_value: float | None = None,
    ) -> MetricResult:
        """Return a result that was computed on all examples of both sides."""
        return MetricResult(
            name,
            float(value),
            float(standard_error),
            len(self.real),
            len(self.fake),
            self.features,
            None if p_value is None else float(p_value),
            self.fingerprint,
            data=self.data,
        )


def extract_features(
    real: ArrayLike,
    fake: ArrayLike,
    features: Features | None,
    *,
    min_examples: int = 2,
) -> Sides:
    """Return features of both sides as finite matrices, raw values by default."""
    name = features_name(features)
    shapes = [np.shape(x)[1:] for x in (real, fake)]
    if features is None and min(map(len, shapes)) > 1 and shapes[0] != shapes[1]:
        raise ValueError(
            f"Expected real and fake examples of one shape, got {shapes[0]} and "
            f"{shapes[1]}."
        )
    first, second = (
        _matrix(x, side, features, min_examples)
        for side, x in (("real", real), ("fake", fake))
    )
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"Expected real and fake examples of one size, got {first.shape[1]} and "
            f"{second.shape[1]} values each."
        )
    weights = getattr(features, "fingerprint", None)
    return Sides(first, second, name, weights, digest_examples(np.asarray(real)))


def features_name(features: Features | None) -> str:
    """Return the name of the features in results."""
    if features is None:
        return "raw values"
    return getattr(features, "__name__", type(features).__name__)


def _matrix(
    x: ArrayLike, side: str, features: Features | None, min_examples: int
) -> np.ndarray:
    """Return the features of one side as a finite matrix [n, d] of floats."""
    x = require_examples(
        x,
        name=f"{side} examples",
        min_examples=min_examples,
        dtype=None,
        finite=False,
    )
    x = compute_features(features, x)
    return require_floats(x, name=f"{side} {features_name(features)}")


def compute_features(features: Features | None, x: np.ndarray) -> np.ndarray:
    """Compute features of examples in blocks, as a matrix [n, d]; raw values if None.

    Raises:
      ValueError: If `features` does not return one row for each example.
    """
    if features is not None:
        starts = range(0, len(x), _BLOCK)
        x = np.concatenate([_compute(features, x[i : i + _BLOCK]) for i in starts])
    return x.reshape(len(x), -1)


def _compute(features: Features, x: np.ndarray) -> np.ndarray:
    """Return the features of a block of examples, or raise if their number differs."""
    values = np.asarray(features(x))
    if values.shape[:1] != x.shape[:1] or not values.size:
        raise ValueError(
            f"Expected features [{len(x)}, ...] of {len(x)} examples from "
            f"{features_name(features)}, got shape {values.shape}."
        )
    return values
