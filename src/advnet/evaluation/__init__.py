"""Metrics that compare samples of a model with data.

Every metric takes arrays of examples, `real` before `fake`, and returns a
`MetricResult`: the value with its standard error, the numbers of examples, and the
features it was computed on. `METRICS` lists the metrics that suit any data,
`evaluate_samples` runs them, and `Evaluation` records the results of one run.

Functions that draw with JAX take a `key`. Statistics on the host take a `seed`.
"""

from advnet.evaluation import (
    ais,
    classes,
    diagnosis,
    distances,
    diversity,
    features,
    imputation,
    manifolds,
    memorization,
    modes,
    parzen,
    probes,
    series,
    tables,
    two_sample,
)
from advnet.evaluation._compare import Comparison, ComparisonRow, compare
from advnet.evaluation._evaluation import Evaluation
from advnet.evaluation._metrics import METRICS, Metric, evaluate_samples
from advnet.evaluation._rating import Rating
from advnet.evaluation._result import MetricResult, check_comparable
from advnet.evaluation._samples import Features
from advnet.evaluation._standardize import standardize
from advnet.evaluation._verdict import Verdict

__all__ = [
    "METRICS",
    "Comparison",
    "ComparisonRow",
    "Evaluation",
    "Features",
    "Metric",
    "MetricResult",
    "Rating",
    "Verdict",
    "ais",
    "check_comparable",
    "classes",
    "compare",
    "diagnosis",
    "distances",
    "diversity",
    "features",
    "imputation",
    "manifolds",
    "memorization",
    "modes",
    "parzen",
    "probes",
    "series",
    "evaluate_samples",
    "standardize",
    "tables",
    "two_sample",
]
