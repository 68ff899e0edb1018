"""Generator and discriminator of DCGAN, for images of any size."""

from collections.abc import Sequence
from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Dtype, Initializer

from advnet._validation import check_one_of
from advnet.modules._convolution import Conv, ConvTranspose
from advnet.modules._layers import Activation, MinibatchStdDev, output_range
from advnet.modules._resampling import base_size, crop

_KERNEL_INIT = nn.initializers.normal(0.02)


class DCGANGenerator(nn.Module):
    """Convolutional generator whose layers each double the size of the image.

    Attributes:
      shape: Shape of an image, (height, width, channels). Sides that are not multiples
        of 2 ** len(channels) are cropped from the next multiple.
      channels: Number of input channels of each layer.
      output: Activation of the output: tanh for pixels in [-1, 1], sigmoid for [0, 1].
      normalization: "batch", or "pixel": the channels of every pixel, and the noise,
        are scaled to mean square 1, so that no statistics couple the examples.
      kernel_init: Initializer of all kernels.

    Examples:
      >>> generator = DCGANGenerator(shape=(28, 28, 1))
      >>> z = jnp.zeros((2, 100))
      >>> variables = generator.init(jax.random.key(0), z, train=False)
      >>> generator.apply(variables, z, train=False).shape
      (2, 28, 28, 1)

    References:
      Radford et al. 2016, section 3.
    """

    shape: tuple[int, int, int] = (28, 28, 1)
    channels: Sequence[int] = (128, 64)
    output: Activation = nn.sigmoid
    normalization: Literal["batch", "pixel"] = "batch"
    kernel_init: Initializer = _KERNEL_INIT

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array, *, train: bool) -> jax.Array:
        """Map noise [m, ...] to images [m, *shape]."""
        size = self.shape[:2]
        height, width = base_size(size, 1 + len(self.channels))
        check_one_of(("batch", "pixel"), normalization=self.normalization)
        z = z.reshape(z.shape[0], -1)
        if self.normalization == "pixel":
            z = _pixel_norm(z)
        x = nn.Dense(
            height * width * self.channels[0],
            use_bias=False,
            kernel_init=self.kernel_init,
        )(z)
        x = self._activate(x.reshape(-1, height, width, self.channels[0]), train)
        for channels in self.channels[1:]:
            x = self._activate(self._upsample(channels, use_bias=False)(x), train)
        return self.output(crop(self._upsample(self.shape[2])(x), size))

    def _activate(self, x: jax.Array, train: bool) -> jax.Array:
        """Normalize a map and apply the activation."""
        if self.normalization == "pixel":
            return nn.leaky_relu(_pixel_norm(x), 0.2)
        return nn.relu(_batch_norm(train)(x))

    def _upsample(self, channels: int, *, use_bias: bool = True) -> nn.Module:
        """Build a layer that doubles height and width."""
        return ConvTranspose(
            channels,
            (4, 4),
            strides=(2, 2),
            use_bias=use_bias,
            kernel_init=self.kernel_init,
        )


class DCGANDiscriminator(nn.Module):
    """Convolutional discriminator whose layers each halve the size of the image.

    Attributes:
      channels: Number of output channels of each layer.
      normalization: "batch", except after the first layer; "spectral", which divides
        all kernels by their spectral norm (Miyato et al. 2018); or "none", for gradient
        penalties.
      minibatch_std_dev: Whether to add a `MinibatchStdDev` layer before the last layer.
      features: Whether to return `(logits [m], features [m, n])`.
      kernel_init: Initializer of all kernels.
      center: Whether to scale pixels from [0, 1] to [-1, 1] first.

    Examples:
      >>> discriminator = DCGANDiscriminator()
      >>> x = jnp.zeros((2, 28, 28, 1))
      >>> variables = discriminator.init(jax.random.key(0), x, train=False)
      >>> discriminator.apply(variables, x, train=False).shape
      (2,)

    References:
      Radford et al. 2016, section 3.
    """

    channels: Sequence[int] = (64, 128)
    normalization: Literal["batch", "spectral", "none"] = "batch"
    minibatch_std_dev: bool = False
    features: bool = False
    kernel_init: Initializer = _KERNEL_INIT
    center: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map images [m, h, w, c] to logits [m], and optional features."""
        known = "batch", "spectral", "none"
        check_one_of(known, normalization=self.normalization)
        if self.center:
            x = 2 * x - 1
        for depth, channels in enumerate(self.channels):
            x = self._apply_normalized(self._downsample(channels, x.dtype), x, train)
            # Not after the first layer, because the scale of the pixels is informative.
            if depth > 0 and self.normalization == "batch":
                x = _batch_norm(train)(x)
            x = nn.leaky_relu(x, 0.2)
        if self.minibatch_std_dev:
            x = MinibatchStdDev()(x)
        x = x.reshape(x.shape[0], -1)
        last = nn.Dense(1, kernel_init=self.kernel_init, dtype=x.dtype)
        logits = self._apply_normalized(last, x, train)[:, 0]
        return (logits, x) if self.features else logits

    def _apply_normalized(
        self, layer: nn.Module, x: jax.Array, train: bool
    ) -> jax.Array:
        """Apply a layer, with spectral normalization if chosen."""
        if self.normalization == "spectral":
            return nn.SpectralNorm(layer)(x, update_stats=train)
        return layer(x)

    def _downsample(self, channels: int, dtype: Dtype) -> nn.Module:
        """Build a layer that halves height and width."""
        # Spectral normalization promotes kernels to the type of its state, so set
        # `dtype`.
        options = {"kernel_init": self.kernel_init, "dtype": dtype}
        return Conv(channels, (4, 4), strides=(2, 2), **options)


def _batch_norm(train: bool) -> nn.Module:
    """Build a batch normalization layer."""
    return nn.BatchNorm(use_running_average=not train, momentum=0.9)


def _pixel_norm(x: jax.Array) -> jax.Array:
    """Scale the last axis to mean square 1 (Karras et al. 2018, section 4.2)."""
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-8)
