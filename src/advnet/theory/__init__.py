"""Section 4 of the paper, as functions of two distributions."""

from advnet.theory._divergences import (
    jensen_shannon,
    kl,
    le_cam,
    pearson,
    reverse_kl,
    squared_hellinger,
    total_variation,
    wasserstein,
)

__all__ = [
    "jensen_shannon",
    "kl",
    "le_cam",
    "pearson",
    "reverse_kl",
    "squared_hellinger",
    "total_variation",
    "wasserstein",
]
