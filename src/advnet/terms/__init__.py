"""Terms: penalties and auxiliary losses that are added to the loss of a player."""

from advnet.terms._feature_matching import feature_matching
from advnet.terms._heads import auxiliary_classifier, mutual_information
from advnet.terms._lecam import lecam
from advnet.terms._paired import absolute_error, paired
from advnet.terms._penalties import dragan, gradient_penalty, r1, r2
from advnet.terms._reconstruction import reconstruction, squared_error
from advnet.terms._supervised import cross_entropy, supervised
from advnet.terms._total import every, make_view, starting_at, total, weight_at

__all__ = [
    "absolute_error",
    "auxiliary_classifier",
    "cross_entropy",
    "dragan",
    "every",
    "feature_matching",
    "gradient_penalty",
    "lecam",
    "make_view",
    "mutual_information",
    "paired",
    "r1",
    "r2",
    "reconstruction",
    "squared_error",
    "starting_at",
    "supervised",
    "total",
    "weight_at",
]
