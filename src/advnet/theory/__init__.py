"""Theory of the game (section 4 of the paper) for two known distributions."""

from advnet.theory._descent import descend
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
from advnet.theory._estimate import (
    Estimate,
    estimate_divergence,
    estimate_jensen_shannon,
)
from advnet.theory._optimum import (
    criterion,
    discretize,
    optimal_discriminator,
    optimal_logit,
    value,
)

__all__ = [
    "Estimate",
    "criterion",
    "descend",
    "discretize",
    "estimate_divergence",
    "estimate_jensen_shannon",
    "jensen_shannon",
    "kl",
    "le_cam",
    "optimal_discriminator",
    "optimal_logit",
    "pearson",
    "reverse_kl",
    "squared_hellinger",
    "total_variation",
    "value",
    "wasserstein",
]
