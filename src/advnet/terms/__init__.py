"""Terms: penalties and auxiliary losses that are added to the loss of a player."""

from advnet.terms._feature_matching import feature_matching
from advnet.terms._heads import auxiliary_classifier, mutual_information
from advnet.terms._penalties import dragan, gradient_penalty, r1, r2
from advnet.terms._reconstruction import reconstruction, squared_error
from advnet.terms._supervised import cross_entropy, supervised

__all__ = [
    "auxiliary_classifier",
    "cross_entropy",
    "dragan",
    "feature_matching",
    "gradient_penalty",
    "mutual_information",
    "r1",
    "r2",
    "reconstruction",
    "squared_error",
    "supervised",
]
