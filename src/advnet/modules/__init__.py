"""Flax modules to build players from."""

from advnet.modules._initializers import bias_from_marginals, symmetric_uniform
from advnet.modules._layers import Dropout, Maxout, MinibatchStdDev
from advnet.modules._mlp import MaxoutDiscriminator, MLPGenerator

__all__ = [
    "Dropout",
    "MLPGenerator",
    "Maxout",
    "MaxoutDiscriminator",
    "MinibatchStdDev",
    "bias_from_marginals",
    "symmetric_uniform",
]
