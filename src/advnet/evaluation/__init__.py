"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import (
    distances,
    imputation,
    manifolds,
    memorisation,
    modes,
    parzen,
    probes,
)

__all__ = [
    "distances",
    "imputation",
    "manifolds",
    "memorisation",
    "modes",
    "parzen",
    "probes",
]
