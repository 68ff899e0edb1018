"""Features on which metrics are computed in place of raw values.

Features are a function from examples [m, ...] to features [m, f]. Its `__name__` is
part of every result, because a distance has no meaning without it. Any function works.
`suitable` chooses features for given data.
"""

from advnet.evaluation._classifier import Classifier, classifier
from advnet.evaluation._pretrained import efficientnet_lite0, inception
from advnet.evaluation._random_features import random_convolution, random_projection
from advnet.evaluation._samples import Features
from advnet.evaluation._suitable import find_classifier, raw_values, suitable

__all__ = [
    "Classifier",
    "Features",
    "classifier",
    "efficientnet_lite0",
    "find_classifier",
    "inception",
    "random_convolution",
    "random_projection",
    "raw_values",
    "suitable",
]
