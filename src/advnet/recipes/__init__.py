"""Recipes: the paper's experiments as plain values composed of public parts."""

from advnet.recipes._mnist import mnist, mnist_2014
from advnet.recipes._recipe import Recipe

__all__ = ["Recipe", "mnist", "mnist_2014"]
