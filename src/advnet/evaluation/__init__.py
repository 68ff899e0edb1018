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

__all__ = [
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
