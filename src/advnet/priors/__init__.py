"""Noise distributions p_z, and masks: `prior(key, num) -> z [num, ...]`."""

from advnet.priors._compound import categorical, concatenated
from advnet.priors._masks import any_of, bernoulli_mask, block_mask, half_mask
from advnet.priors._priors import normal, spherical, uniform

__all__ = [
    "any_of",
    "bernoulli_mask",
    "block_mask",
    "categorical",
    "concatenated",
    "half_mask",
    "normal",
    "spherical",
    "uniform",
]
