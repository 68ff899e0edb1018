"""Recipes: experiments as plain values composed of public parts."""

from advnet.recipes._for_data import for_data
from advnet.recipes._mnist import mnist, mnist_2014
from advnet.recipes._recipe import Recipe

__all__ = ["Recipe", "for_data", "mnist", "mnist_2014"]
