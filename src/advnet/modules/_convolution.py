"""Placeholder until the fast convolutions land."""

import flax.linen as nn
import jax

DIMENSIONS = ("NHWC", "HWIO", "NHWC")
Conv, ConvTranspose = nn.Conv, nn.ConvTranspose


def conv(x, kernel, *, strides, padding):
    """Native."""
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=DIMENSIONS
    )


def conv_transpose(x, kernel, *, strides, padding):
    """Native."""
    return jax.lax.conv_transpose(
        x, kernel, strides, padding, dimension_numbers=DIMENSIONS
    )
