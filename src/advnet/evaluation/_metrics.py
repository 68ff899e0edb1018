"""Table of the metrics that compare samples with data, and a function that runs it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._examples import are_bytes, require_floats, scale_bytes
from advnet.evaluation import (
    distances,
    manifolds,
    memorization,
    series,
    two_sample,
)
from advnet.evaluation._digest import digest_examples
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, compute_features, features_name
from advnet.evaluation._suitable import cached, suitable

KINDS = frozenset({"images", "vectors", "series"})
"""Kinds of data: examples [h, w, c], series [t, c] with t >= 16 and 4 c, all others."""

_NEEDS = frozenset({"train"})

MAX_EXAMPLES = 5_000  # of each side, because several metrics compare all pairs
MAX_FRECHET_VALUES = 1_000  # features; larger covariances take minutes
MAX_C2ST_VALUES = 50_000  # features that a network is trained on
MIN_EXAMPLES = 20  # of each side; fewer give no standard error

Results = MetricResult | tuple[MetricResult, ...]


class Metric(NamedTuple):
    """One row of `METRICS`.

    Attributes:
      function: Function `(real, fake, *, train, features, seed)` that returns one or
        several results. `train` holds the training examples, or None.
      needs: Optional inputs that the metric requires: "train" or none.
      kinds: Kinds of data that the metric suits.
      suits: Function `(n, d)` that returns whether the metric runs by default for n
        examples of d features. A metric that is named explicitly always runs.
      uses_features: Whether the metric compares features. A metric of raw values runs
        once, whatever the number of feature functions.
    """

    function: Callable[..., Results]
    needs: tuple[str, ...] = ()
    kinds: frozenset[str] = KINDS
    suits: Callable[[int, int], bool] = lambda n, d: True
    uses_features: bool = True


def _frechet(real, fake, *, train, features, seed) -> Results:
    return distances.frechet(real, fake, features=features)


def _kernel(real, fake, *, train, features, seed) -> Results:
    return distances.kernel(real, fake, features=features)


def _mmd(real, fake, *, train, features, seed) -> Results:
    return distances.mmd(real, fake, seed=seed, features=features)


def _sliced_wasserstein(real, fake, *, train, features, seed) -> Results:
    return distances.sliced_wasserstein(real, fake, seed=seed, features=features)


def _prdc(real, fake, *, train, features, seed) -> Results:
    return manifolds.prdc(real, fake, features=features)


def _c2st(real, fake, *, train, features, seed) -> Results:
    return two_sample.c2st(real, fake, seed=seed, features=features)


def _data_copying(real, fake, *, train, features, seed) -> Results:
    return memorization.data_copying(train, real, fake, features=features)


def _autocorrelation(real, fake, *, train, features, seed) -> Results:
    return series.autocorrelation(real, fake)


def _spectrum(real, fake, *, train, features, seed) -> Results:
    return series.spectrum(real, fake)


METRICS: dict[str, Metric] = {
    # With fewer examples than values, the Fréchet distance depends mostly on n.
    "frechet": Metric(_frechet, suits=lambda n, d: n > d and d <= MAX_FRECHET_VALUES),
    "kernel": Metric(_kernel),
    "mmd": Metric(_mmd),
    "sliced_wasserstein": Metric(_sliced_wasserstein),
    "prdc": Metric(_prdc),
    "c2st": Metric(_c2st, suits=lambda n, d: d <= MAX_C2ST_VALUES),
    "autocorrelation": Metric(
        _autocorrelation, kinds=frozenset({"series"}), uses_features=False
    ),
    "spectrum": Metric(_spectrum, kinds=frozenset({"series"}), uses_features=False),
    "data_copying": Metric(_data_copying, needs=("train",)),
}
"""Metrics by name, in the order in which `evaluate_samples` runs them."""


def evaluate_samples(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    train: ArrayLike | None = None,
    metrics: tuple[str, ...] = (),
    features: Features | Sequence[Features] | None = None,
    seed: int = 0,
) -> tuple[MetricResult, ...]:
    """Compute several metrics of samples against data.

    Each metric runs in each of the feature spaces. Each side is cut to its first 5,000
    examples. Images of bytes are scaled to [0, 1]. A metric that cannot be computed
    gives a result whose `failure` holds the reason; the remaining metrics still run.

    Args:
      real: Examples of the data that the model has not seen [n, ...].
      fake: Samples of the model [m, ...].
      train: Training examples of the model [t, ...], for metrics that look for copies.
      metrics: Names from `METRICS`. By default all metrics whose inputs are present
        and that suit the data.
      features: Function from examples to features, or several of them;
        `features.suitable(real)` by default. `features.raw_values` compares examples
        as they are.
      seed: Seed of the random divisions, directions and networks of the metrics.

    Returns:
      Results by feature function, and for each in the order of `metrics`; empty if a
      side has fewer than 20 examples.

    Raises:
      ValueError: If a name is unknown, a named metric needs `train` and it is None, a
        row of `METRICS` names an unknown input or kind of data, or an array is not a
        valid array of examples.
      TypeError: If a row of `METRICS` is not a `Metric`.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 100, 2))
      >>> for result in evaluate_samples(x[0], x[1], metrics=("kernel", "prdc")):
      ...     print(result)
      kernel distance of standardized values: -0.1871 ± 0.22 (n = 100, 100)
      precision of standardized values: 0.95 ± 0.03 (n = 100, 100)
      recall of standardized values: 1 ± 0.01 (n = 100, 100)
      density of standardized values: 0.98 ± 0.074 (n = 100, 100)
      coverage of standardized values: 0.97 ± 0.033 (n = 100, 100)
    """
    _check_metrics(metrics, has_train=train is not None)
    real, fake, train = _require_sides(real, fake, train)
    real, fake = real[:MAX_EXAMPLES], fake[:MAX_EXAMPLES]
    if min(len(real), len(fake)) < MIN_EXAMPLES:
        return ()
    if features is None:
        features = suitable(real)
    data = digest_examples(real)
    spaces = [cached(f) for f in ([features] if callable(features) else features)]
    results = []
    for index, space in enumerate(spaces):
        for name in metrics or _default_metrics(real, fake, train is not None, space):
            metric = METRICS[name]
            if index and not metric.uses_features:
                continue
            try:
                result = metric.function(
                    real, fake, train=train, features=space, seed=seed
                )
                _check_result(name, result)
            except Exception as error:  # noqa: BLE001 - the other metrics still run
                result = _failed(name, space, error)
            results += [result] if isinstance(result, MetricResult) else result
    return tuple(r if r.data else r._replace(data=data) for r in results)


def _require_sides(
    real: ArrayLike, fake: ArrayLike, train: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return all examples as floats; bytes are scaled if all of them are images."""
    sides = {"real": real, "fake": fake, "training": train}
    arrays = {name: np.asanyarray(x) for name, x in sides.items() if x is not None}
    if all(are_bytes(x) for x in arrays.values()):
        arrays = {name: scale_bytes(x) for name, x in arrays.items()}
    floats = {
        name: require_floats(x, name=f"{name} examples") for name, x in arrays.items()
    }
    return floats["real"], floats["fake"], floats.get("training")


def _check_metrics(names: tuple[str, ...], *, has_train: bool) -> None:
    """Raise if a name is not in `METRICS` or its metric lacks the training examples."""
    if isinstance(names, str):
        raise TypeError(
            f"Expected a sequence of names, got the string {names!r}. Write "
            f"({names!r},)."
        )
    for name, row in METRICS.items():
        _check_row(name, row)
    for name in names:
        metric = _validation.require_known(METRICS, name, "metric")
        if "train" in metric.needs and not has_train:
            raise ValueError(
                f"The metric {name!r} needs the training examples: pass train=..., or "
                "leave the metric out."
            )


def _check_row(name: str, row: Metric) -> None:
    """Raise if a row that was added to `METRICS` is not a valid `Metric`."""
    if not isinstance(row, Metric):
        raise TypeError(
            f"Expected METRICS[{name!r}] to be a Metric, got {type(row).__name__}. "
            f"Write METRICS[{name!r}] = Metric(function)."
        )
    for field, known in (("needs", _NEEDS), ("kinds", KINDS)):
        unknown = sorted(set(getattr(row, field)) - known)
        if unknown:
            raise ValueError(
                f"Expected {field} of METRICS[{name!r}] among {sorted(known)}, got "
                f"{unknown}. Correct or remove them."
            )


def _default_metrics(
    real: np.ndarray, fake: np.ndarray, has_train: bool, features: Features
) -> list[str]:
    """Return the names of all metrics that suit the examples and their features."""
    shape = real.shape[1:]
    kind = "images" if len(shape) == 3 else "vectors"
    if len(shape) == 2 and shape[0] >= max(series.MIN_TIMES, 4 * shape[1]):
        kind = "series"
    num = min(len(real), len(fake))
    num_features = _count_features(features, real)
    return [
        name
        for name, metric in METRICS.items()
        if kind in metric.kinds
        and metric.suits(num, num_features)
        and (has_train or "train" not in metric.needs)
    ]


def _count_features(features: Features, real: np.ndarray) -> int:
    """Return the number of features of an example."""
    try:
        return compute_features(features, real).shape[1]
    except Exception:  # noqa: BLE001 - every metric reports the error
        return real[0].size


def _check_result(name: str, result: Results) -> None:
    """Raise TypeError if a metric returned something other than results."""
    for part in (result,) if isinstance(result, MetricResult) else result:
        if not isinstance(part, MetricResult):
            raise TypeError(
                f"Expected the metric {name!r} to return a MetricResult or a tuple of "
                f"them, got {type(part).__name__}."
            )


def _failed(name: str, features: Features | None, error: Exception) -> MetricResult:
    """Return the result of a metric that raised."""
    kind, reason = type(error).__name__, str(error)
    if not isinstance(error, ValueError) or not reason:
        reason = f"{kind}: {reason}" if reason else kind
    return MetricResult(
        name, float("nan"), features=features_name(features), failure=reason
    )
