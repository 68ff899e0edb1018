"""Flax modules for generators, discriminators and other players."""

from advnet.modules._column_norm import limit_column_norms
from advnet.modules._concatenate import Concatenate, Head, MixtureNoise, Projection
from advnet.modules._convolution import Conv, ConvTranspose
from advnet.modules._dcgan import DCGANDiscriminator, DCGANGenerator
from advnet.modules._initializers import (
    bias_from_marginals,
    sparse_normal,
    symmetric_uniform,
)
from advnet.modules._layers import Chain, Dropout, Maxout, MinibatchStdDev
from advnet.modules._mlp import MaxoutDiscriminator, MLPDiscriminator, MLPGenerator
from advnet.modules._paper_conv import (
    DeconvolutionalGenerator,
    MaxoutConvDiscriminator,
    MaxoutConvLayer,
)
from advnet.modules._patch import MultiScale, PatchDiscriminator, SeriesGenerator
from advnet.modules._projected import ProjectedDiscriminator
from advnet.modules._residual import ResidualDiscriminator, ResidualGenerator
from advnet.modules._spectral_residual import (
    SpectralResidualDiscriminator,
    SpectralResidualGenerator,
)
from advnet.modules._tabular import Packed, TabularGenerator
from advnet.modules._unet import UNetGenerator

__all__ = [
    "Chain",
    "Concatenate",
    "Conv",
    "ConvTranspose",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DeconvolutionalGenerator",
    "Dropout",
    "Head",
    "MLPDiscriminator",
    "MLPGenerator",
    "Maxout",
    "MaxoutConvDiscriminator",
    "MaxoutConvLayer",
    "MaxoutDiscriminator",
    "MinibatchStdDev",
    "MixtureNoise",
    "MultiScale",
    "Packed",
    "PatchDiscriminator",
    "ProjectedDiscriminator",
    "Projection",
    "ResidualDiscriminator",
    "ResidualGenerator",
    "SeriesGenerator",
    "SpectralResidualDiscriminator",
    "SpectralResidualGenerator",
    "TabularGenerator",
    "UNetGenerator",
    "bias_from_marginals",
    "limit_column_norms",
    "sparse_normal",
    "symmetric_uniform",
]
