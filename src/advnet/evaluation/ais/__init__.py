"""Log-likelihood of a decoder by annealed importance sampling (AIS)."""

from advnet.evaluation.ais._ais import bounds, log_likelihood
from advnet.evaluation.ais._bounds import Annealed, Bounds

__all__ = ["Annealed", "Bounds", "bounds", "log_likelihood"]
