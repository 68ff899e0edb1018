"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import (
    ais,
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
    two_sample,
)
from advnet.evaluation._result import MetricResult

__all__ = [
    "MetricResult",
    "ais",
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
    "two_sample",
]
