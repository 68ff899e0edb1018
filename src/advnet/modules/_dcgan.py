"""Generator and discriminator of DCGAN, for images of any size."""

from collections.abc import Sequence

import flax.linen as nn
import jax
from flax.typing import Dtype

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

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array, *, train: bool) -> jax.Array:
        """Map noise [m, ...] to images [m, *shape]."""
        size = self.shape[:2]
        height, width = base_size(size, 1 + len(self.channels))
        activate = lambda x: nn.relu(_batch_norm(train)(x))
        x = nn.Dense(
            height * width * self.channels[0], use_bias=False, kernel_init=_KERNEL_INIT
        )(z.reshape(z.shape[0], -1))
        x = activate(x.reshape(-1, height, width, self.channels[0]))
        for channels in self.channels[1:]:
            x = activate(_upsample(channels, use_bias=False)(x))
        return self.output(crop(_upsample(self.shape[2])(x), size))


class DCGANDiscriminator(nn.Module):
    """Convolutional discriminator whose layers each halve the size of the image.

    Attributes:
      channels: Number of output channels of each layer.
      spectral_norm: Whether to replace batch normalization by spectral normalization
        (Miyato et al. 2018), with `flax.linen.SpectralNorm`.
      minibatch_std_dev: Whether to add a `MinibatchStdDev` layer before the last layer.
      features: Whether to return `(logits [m], features [m, n])`.

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
    spectral_norm: bool = False
    minibatch_std_dev: bool = False
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map images [m, h, w, c] to logits [m], and optional features."""
        for depth, channels in enumerate(self.channels):
            x = self._apply_normalized(_downsample(channels, x.dtype), x, train)
            # Not after the first layer, because the scale of the pixels is informative.
            if depth > 0 and not self.spectral_norm:
                x = _batch_norm(train)(x)
            x = nn.leaky_relu(x, 0.2)
        if self.minibatch_std_dev:
            x = MinibatchStdDev()(x)
        x = x.reshape(x.shape[0], -1)
        last = nn.Dense(1, kernel_init=_KERNEL_INIT, dtype=x.dtype)
        logits = self._apply_normalized(last, x, train)[:, 0]
        return (logits, x) if self.features else logits

    def _apply_normalized(
        self, layer: nn.Module, x: jax.Array, train: bool
    ) -> jax.Array:
        """Apply a layer, with spectral normalization if chosen."""
        if self.spectral_norm:
            return nn.SpectralNorm(layer)(x, update_stats=train)
        return layer(x)


def _batch_norm(train: bool) -> nn.Module:
    """Build a batch normalization layer."""
    return nn.BatchNorm(use_running_average=not train, momentum=0.9)


def _upsample(channels: int, *, use_bias: bool = True) -> nn.Module:
    """Build a layer that doubles height and width."""
    return ConvTranspose(
        channels, (4, 4), strides=(2, 2), use_bias=use_bias, kernel_init=_KERNEL_INIT
    )


def _downsample(channels: int, dtype: Dtype) -> nn.Module:
    """Build a layer that halves height and width."""
    # Spectral normalization promotes kernels to the type of its state, so set `dtype`.
    options = {"kernel_init": _KERNEL_INIT, "dtype": dtype}
    return Conv(channels, (4, 4), strides=(2, 2), **options)
