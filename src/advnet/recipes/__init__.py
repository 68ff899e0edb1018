"""Recipes: experiments as plain values composed of public parts."""

from advnet.recipes._cifar10 import (
    cifar10_conv,
    cifar10_conv_2014,
    cifar10_fc,
    cifar10_fc_2014,
)
from advnet.recipes._for_data import for_data
from advnet.recipes._mnist import mnist, mnist_2014
from advnet.recipes._recipe import Recipe
from advnet.recipes._tfd import tfd, tfd_2014, tfd_pretrain_2014

__all__ = [
    "Recipe",
    "cifar10_conv",
    "cifar10_conv_2014",
    "cifar10_fc",
    "cifar10_fc_2014",
    "for_data",
    "mnist",
    "mnist_2014",
    "tfd",
    "tfd_2014",
    "tfd_pretrain_2014",
]
