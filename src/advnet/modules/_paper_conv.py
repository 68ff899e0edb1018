"""Generator and discriminator of the paper's CIFAR-10 experiment (figure 2d)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Initializer

from advnet.modules._convolution import Conv, ConvTranspose
from advnet.modules._initializers import symmetric_uniform
from advnet.modules._layers import Activation, Dropout, output_range
from advnet.modules._mlp import MaxoutDiscriminator


class DeconvolutionalGenerator(nn.Module):
    """Generator of two dense layers and one strided transposed convolution.

    Attributes:
      hidden: Number of units of the rectifier layer and of the sigmoid layer; the
        second number equals `prod(grid)`.
      grid: Shape (height, width, channels) of the reshaped sigmoid layer.
      kernel_size: Height and width of the kernel.
      stride: Stride of the convolution, without padding. The height of the image is
        stride * (grid height - 1) + kernel_size, and the same holds for the width.
      channels: Number of channels of the image.
      output: Activation of the output; linear by default.
      kernel_init: Initializer of all kernels.

    Examples:
      >>> generator = DeconvolutionalGenerator(hidden=(16, 16), grid=(2, 2, 4))
      >>> variables = generator.init(jax.random.key(0), jnp.zeros((3, 100)))
      >>> generator.apply(variables, jnp.zeros((3, 100))).shape
      (3, 8, 8, 3)

    References:
      Goodfellow et al. 2014, section 5 and its published configuration.
    """

    hidden: tuple[int, int] = (8000, 8000)
    grid: tuple[int, int, int] = (10, 10, 80)
    kernel_size: int = 5
    stride: int = 3
    channels: int = 3
    output: Activation = lambda x: x
    kernel_init: Initializer = symmetric_uniform(0.05)

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array) -> jax.Array:
        """Map noise [m, ...] to images [m, h, w, channels]."""
        if math.prod(self.grid) != self.hidden[1]:
            raise ValueError(
                f"Expected hidden[1] = prod(grid), got {self.hidden[1]} units and a "
                f"grid {self.grid} of {math.prod(self.grid)}. Change hidden or grid."
            )
        x = z.reshape(z.shape[0], -1)
        x = nn.relu(nn.Dense(self.hidden[0], kernel_init=self.kernel_init)(x))
        x = nn.sigmoid(nn.Dense(self.hidden[1], kernel_init=self.kernel_init)(x))
        x = ConvTranspose(
            self.channels,
            (self.kernel_size, self.kernel_size),
            strides=(self.stride, self.stride),
            padding="VALID",
            use_bias=False,
            kernel_init=self.kernel_init,
        )(x.reshape(-1, *self.grid))
        # The paper's output has a separate bias for every pixel and channel.
        bias = self.param("bias", nn.initializers.zeros, x.shape[1:])
        return self.output(x + bias[None])


class MaxoutConvLayer(NamedTuple):
    """Settings of a maxout convolution and its max-pooling.

    Attributes:
      channels: Number of output channels.
      pieces: Number of affine functions per output.
      kernel_size: Height and width of the kernel, in pixels.
      padding: Pixels of zero padding at each border.
      pool_size: Height and width of the pooling window, in pixels.
      pool_stride: Stride of the pooling window, in pixels.
    """

    channels: int
    pieces: int
    kernel_size: int
    padding: int
    pool_size: int
    pool_stride: int


class MaxoutConvDiscriminator(nn.Module):
    """Discriminator of maxout convolutions, a maxout layer and a logit.

    The defaults are the paper's. The heights and widths of its feature maps are 32, 16,
    7 and 5.

    Attributes:
      layers: Settings of the convolutions.
      units: Number of units of the maxout layer.
      pieces: Number of affine functions per unit of the maxout layer.
      keep_input: Probability to keep an input value in dropout.
      keep: Probability to keep an input of a later layer in dropout.
      kernel_init: Initializer of all kernels.
      features: Whether to return `(logits [m], features [m, units])`.

    Examples:
      >>> layer = MaxoutConvLayer(4, 2, 3, 1, 2, 2)
      >>> discriminator = MaxoutConvDiscriminator(layers=[layer], units=6)
      >>> x = jnp.zeros((2, 8, 8, 3))
      >>> variables = discriminator.init(jax.random.key(0), x, train=False)
      >>> discriminator.apply(variables, x, train=False).shape
      (2,)

    References:
      Goodfellow et al. 2014, section 5 and its published configuration.
    """

    layers: Sequence[MaxoutConvLayer] = (
        MaxoutConvLayer(32, 2, 8, 4, 4, 2),
        MaxoutConvLayer(32, 2, 8, 3, 4, 2),
        MaxoutConvLayer(192, 2, 5, 3, 2, 2),
    )
    units: int = 500
    pieces: int = 5
    keep_input: float = 0.8
    keep: float = 0.5
    kernel_init: Initializer = symmetric_uniform(0.005)
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map images [m, h, w, c] to logits [m], and optional features."""
        keep = self.keep_input
        for layer in self.layers:
            x = self._maxout_conv(layer, Dropout(keep)(x, train=train))
            keep = self.keep
        head = MaxoutDiscriminator(
            units=(self.units,),
            pieces=self.pieces,
            keep_input=keep,
            keep=self.keep,
            kernel_init=self.kernel_init,
            features=self.features,
        )
        return head(x, train=train)

    def _maxout_conv(self, layer: MaxoutConvLayer, x: jax.Array) -> jax.Array:
        """Apply a maxout convolution and its pooling."""
        x = Conv(
            layer.pieces * layer.channels,
            (layer.kernel_size, layer.kernel_size),
            padding=((layer.padding, layer.padding),) * 2,
            kernel_init=self.kernel_init,
        )(x)
        x = x.reshape(*x.shape[:-1], layer.pieces, layer.channels).max(axis=-2)
        return _pool(x, layer.pool_size, layer.pool_stride)


def _pool(x: jax.Array, size: int, stride: int) -> jax.Array:
    """Apply max-pooling whose last window may extend over the edge of the image.

    The authors' published code does the same.
    """
    extend = lambda side: -(side - size) % stride
    padding = ((0, 0), (0, extend(x.shape[1])), (0, extend(x.shape[2])), (0, 0))
    x = jnp.pad(x, padding, constant_values=-jnp.inf)
    return nn.max_pool(x, (size, size), strides=(stride, stride))
