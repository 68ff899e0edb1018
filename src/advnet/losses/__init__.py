"""Losses: functions of the critic's logits for the critic and the generator."""

from advnet.losses._f_gan import F_DIVERGENCES, FDivergence, f_gan
from advnet.losses._integral import hinge, wasserstein
from advnet.losses._least_squares import least_squares
from advnet.losses._logistic import minimax, non_saturating
from advnet.losses._registry import get, names, register
from advnet.losses._relativistic import relativistic, relativistic_average
from advnet.losses._zero_sum import zero_sum

__all__ = [
    "F_DIVERGENCES",
    "FDivergence",
    "f_gan",
    "get",
    "hinge",
    "least_squares",
    "minimax",
    "names",
    "non_saturating",
    "register",
    "relativistic",
    "relativistic_average",
    "wasserstein",
    "zero_sum",
]
