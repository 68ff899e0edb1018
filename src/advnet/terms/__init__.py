"""Terms: penalties and further objectives, each a summand of one player's loss."""

from advnet.terms._cross_entropy import cross_entropy
from advnet.terms._feature_matching import feature_matching
from advnet.terms._heads import auxiliary_classifier, mutual_information
from advnet.terms._penalties import dragan, gradient_penalty, r1, r2
from advnet.terms._reconstruction import reconstruction, squared_error
from advnet.terms._supervised import supervised

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
