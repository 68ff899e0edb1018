"""Augmentation of the critic's inputs, for small data sets.

A transform is a function `transform(x, key, p) -> x` of examples [m, ...] that it
changes independently, each with probability p. `augmented` puts one in front of a
critic, so that neither the data nor the penalties change.
"""

from advnet.augment._ada import ada
from advnet.augment._augmented import augmented
from advnet.augment._transforms import (
    color,
    compose,
    cutout,
    diff_augment,
    jitter,
    mirror,
    noise,
    scaling,
    translation,
)

__all__ = [
    "ada",
    "augmented",
    "color",
    "compose",
    "cutout",
    "diff_augment",
    "jitter",
    "mirror",
    "noise",
    "scaling",
    "translation",
]
