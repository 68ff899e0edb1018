"""The convolutional pair of Radford et al. 2016, for images of any size."""

from collections.abc import Sequence

import flax.linen as nn
import jax
from flax.typing import Dtype

from advnet.modules._activations import Activation, output_range
from advnet.modules._convolution import Conv, ConvTranspose
from advnet.modules._layers import MinibatchStdDev

_KERNEL_INIT = nn.initializers.normal(0.02)


class DCGANGenerator(nn.Module):
    """Doubles a small map, layer by layer, up to an image.

    Attributes:
      shape: (height, width, channels) of an image; height and width must be divisible
        by 2 ** len(channels).
      channels: Channels of the map before each doubling.
      output: The output's activation: tanh for pixels in [-1, 1], sigmoid for [0, 1].

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
        """The (low, high) interval of the output's activation, if it has one."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array, *, train: bool) -> jax.Array:
        """Maps noise [m, ...] to images [m, *shape]."""
        rows, columns = self._start()
        norm = lambda x: nn.relu(_batch_norm(train)(x))
        x = nn.Dense(
            rows * columns * self.channels[0], use_bias=False, kernel_init=_KERNEL_INIT
        )(z.reshape(z.shape[0], -1))
        x = norm(x.reshape(-1, rows, columns, self.channels[0]))
        for channels in self.channels[1:]:
            x = norm(_double(channels, use_bias=False)(x))
        return self.output(_double(self.shape[2])(x))

    def _start(self) -> tuple[int, int]:
        factor = 2 ** len(self.channels)
        height, width, _ = self.shape
        if height % factor or width % factor:
            raise ValueError(
                f"Expected an image whose sides {len(self.channels)} doublings can "
                f"reach (multiples of {factor}), got {height} x {width}. Change the "
                "number of channels, or pad the images."
            )
        return height // factor, width // factor


class DCGANDiscriminator(nn.Module):
    """Halves an image, layer by layer, down to one logit.

    Attributes:
      channels: Channels after each halving.
      spectral_norm: Whether to divide kernels by their largest singular value, in
        place of batch normalization (Miyato et al. 2018); flax's own.
      minibatch_std_dev: Whether the last layer also sees how much a batch varies.
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
        """Maps images [m, h, w, c] to logits [m], with features if asked."""
        for depth, channels in enumerate(self.channels):
            x = self._bounded(_halve(channels, x.dtype), x, train)
            # The first layer sees pixels: their scale must reach the critic.
            if depth > 0 and not self.spectral_norm:
                x = _batch_norm(train)(x)
            x = nn.leaky_relu(x, 0.2)
        if self.minibatch_std_dev:
            x = MinibatchStdDev()(x)
        x = x.reshape(x.shape[0], -1)
        last = nn.Dense(1, kernel_init=_KERNEL_INIT, dtype=x.dtype)
        logits = self._bounded(last, x, train)[:, 0]
        return (logits, x) if self.features else logits

    def _bounded(self, layer: nn.Module, x: jax.Array, train: bool) -> jax.Array:
        if self.spectral_norm:
            return nn.SpectralNorm(layer)(x, update_stats=train)
        return layer(x)


def _batch_norm(train: bool) -> nn.Module:
    return nn.BatchNorm(use_running_average=not train, momentum=0.9)


def _double(channels: int, *, use_bias: bool = True) -> nn.Module:
    return ConvTranspose(
        channels, (4, 4), strides=(2, 2), use_bias=use_bias, kernel_init=_KERNEL_INIT
    )


def _halve(channels: int, dtype: Dtype) -> nn.Module:
    # Said, as spectral normalization promotes kernels to the type of its own state.
    options = {"kernel_init": _KERNEL_INIT, "dtype": dtype}
    return Conv(channels, (4, 4), strides=(2, 2), **options)
