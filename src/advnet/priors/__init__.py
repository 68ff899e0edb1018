"""Noise distributions and masks: functions `prior(key, num) -> z [num, ...]`."""

from advnet.priors._compound import any_of, categorical, concatenated, truncated
from advnet.priors._masks import bernoulli_mask, block_mask, half_mask
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
    "truncated",
    "uniform",
]
