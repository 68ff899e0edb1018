"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import (
    annealed,
    diagnosis,
    distances,
    diversity,
    features,
    imputation,
    manifolds,
    memorisation,
    modes,
    parzen,
    probes,
    two_sample,
)

__all__ = [
    "annealed",
    "diagnosis",
    "distances",
    "diversity",
    "features",
    "imputation",
    "manifolds",
    "memorisation",
    "modes",
    "parzen",
    "probes",
    "two_sample",
]
