"""Recipes: networks and training settings for kinds of data, as plain values."""

from advnet.recipes._cifar10 import (
    cifar10_conv,
    cifar10_conv_2014,
    cifar10_fc,
    cifar10_fc_2014,
)
from advnet.recipes._for_data import for_data
from advnet.recipes._images import images
from advnet.recipes._mnist import mnist, mnist_2014
from advnet.recipes._recipe import Recipe
from advnet.recipes._series import series
from advnet.recipes._settings import Settings
from advnet.recipes._specs import RECIPES, USER_DATA, RecipeSpec
from advnet.recipes._table import table
from advnet.recipes._tfd import tfd, tfd_2014, tfd_pretrain_2014

__all__ = [
    "RECIPES",
    "USER_DATA",
    "Recipe",
    "RecipeSpec",
    "Settings",
    "cifar10_conv",
    "cifar10_conv_2014",
    "cifar10_fc",
    "cifar10_fc_2014",
    "for_data",
    "images",
    "mnist",
    "mnist_2014",
    "series",
    "table",
    "tfd",
    "tfd_2014",
    "tfd_pretrain_2014",
]
