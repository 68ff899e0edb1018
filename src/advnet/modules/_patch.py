"""Discriminators with a logit for every patch, at one or several scales."""

from collections.abc import Callable
from typing import Literal, get_args

import flax.linen as nn
import jax
import jax.numpy as jnp

from advnet._validation import check_one_of
from advnet.modules._convolution import Conv
from advnet.modules._resampling import average_pool

Normalization = Literal["none", "instance", "batch", "spectral"]

_KERNEL_INIT = nn.initializers.normal(0.02)


class PatchDiscriminator(nn.Module):
    """Discriminator of pix2pix (PatchGAN): a map of logits, one for every patch.

    With three layers each logit sees 70 x 70 pixels.

    Attributes:
      layers: Number of layers that halve the map.
      features: Channels of the first layer; later layers have up to 8 times as many.
      normalization: Between the first and the last layer. "spectral" normalizes the
        kernels of all layers instead.
      return_layers: Whether to return `(logits, layers)`, for `terms.paired`.
      kernel_init: Initializer of the kernels; without normalization a larger one than
        that of pix2pix learns faster.

    Examples:
      >>> critic = PatchDiscriminator(layers=2, features=8)
      >>> x = jnp.zeros((2, 32, 32, 3))
      >>> variables = critic.init(jax.random.key(0), x, train=False)
      >>> critic.apply(variables, x, train=False).shape
      (2, 6, 6, 1)

      A series [m, t, c] has patches along time:

      >>> x = jnp.zeros((2, 64, 1))
      >>> variables = critic.init(jax.random.key(0), x, train=False)
      >>> critic.apply(variables, x, train=False).shape
      (2, 14, 1)

    References:
      Isola et al. 2017, section 3.2.2.
    """

    layers: int = 3
    features: int = 64
    normalization: Normalization = "instance"
    return_layers: bool = False
    kernel_init: nn.initializers.Initializer = _KERNEL_INIT

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map images [m, h, w, c] or series [m, t, c] to logits [m, ..., 1]."""
        check_one_of(get_args(Normalization), normalization=self.normalization)
        self._check_size(x.shape)
        outputs = []
        for depth in range(self.layers + 1):
            features = self.features * min(2**depth, 8)
            stride = 2 if depth < self.layers else 1
            x = self._convolve(x, features, stride, train)
            if depth > 0:
                x = self._normalize(x, train)
            x = nn.leaky_relu(x, 0.2)
            outputs.append(x)
        logits = self._convolve(x, 1, 1, train)
        return (logits, outputs) if self.return_layers else logits

    def _check_size(self, shape: tuple[int, ...]) -> None:
        smallest, is_map = 3 * 2**self.layers, len(shape) in (3, 4)
        if not is_map or min(shape[1:-1]) < smallest:
            advice = "fewer layers" if is_map else "MaxoutDiscriminator for vectors"
            raise ValueError(
                "Expected images [m, h, w, c] or series [m, t, c] of at least "
                f"{smallest} values a side for layers={self.layers}, got "
                f"{list(shape)}. Use {advice}."
            )

    def _convolve(
        self, x: jax.Array, features: int, stride: int, train: bool
    ) -> jax.Array:
        num_axes = x.ndim - 2
        layer = Conv(
            features,
            (4,) * num_axes,
            strides=stride,
            padding=[(1, 1)] * num_axes,
            kernel_init=self.kernel_init,
            dtype=x.dtype,
        )
        if self.normalization == "spectral":
            return nn.SpectralNorm(layer)(x, update_stats=train)
        return layer(x)

    def _normalize(self, x: jax.Array, train: bool) -> jax.Array:
        if self.normalization == "batch":
            return nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        if self.normalization == "instance":
            return nn.GroupNorm(num_groups=None, group_size=1)(x)
        return x


class MultiScale(nn.Module):
    """Several critics, each on an input of half the resolution of the one before.

    Attributes:
      make: Function that returns the module of one scale.
      scales: Number of scales.

    Examples:
      >>> critic = MultiScale(lambda: PatchDiscriminator(layers=1, features=8), 2)
      >>> x = jnp.zeros((2, 32, 32, 3))
      >>> variables = critic.init(jax.random.key(0), x, train=False)
      >>> [logits.shape for logits in critic.apply(variables, x, train=False)]
      [(2, 14, 14, 1), (2, 6, 6, 1)]

    References:
      Wang et al. 2018 (pix2pixHD), section 3.2.
    """

    make: Callable[[], nn.Module]
    scales: int = 3

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> list[jax.Array]:
        """Map [m, ..., c] to a list of the outputs at each scale."""
        if isinstance(self.make, nn.Module):
            raise TypeError(
                "Expected a function that returns a critic, got a module. Write "
                "MultiScale(lambda: PatchDiscriminator(...))."
            )
        outputs = []
        for scale in range(self.scales):
            if scale:
                x = average_pool(x)
            outputs.append(self.make()(x, train=train))
        return outputs


class SeriesGenerator(nn.Module):
    """Convolutional generator of series, whose layers each double the length.

    Attributes:
      shape: Shape of a series, (length, channels).
      features: Number of input channels of each layer.
      output: Activation of the output; the identity by default.

    Examples:
      >>> generator = SeriesGenerator(shape=(50, 2), features=(16, 8))
      >>> z = jnp.zeros((3, 10))
      >>> variables = generator.init(jax.random.key(0), z)
      >>> generator.apply(variables, z).shape
      (3, 50, 2)
    """

    shape: tuple[int, int]
    features: tuple[int, ...] = (128, 64)
    output: Callable[[jax.Array], jax.Array] = lambda x: x

    @nn.compact
    def __call__(self, z: jax.Array) -> jax.Array:
        """Map noise [m, ...] to series [m, length, channels]."""
        length, channels = self.shape
        start = -(-length // 2 ** len(self.features))
        x = nn.Dense(start * self.features[0])(z.reshape(z.shape[0], -1))
        x = nn.leaky_relu(x.reshape(-1, start, self.features[0]), 0.2)
        for features in (*self.features[1:], self.features[-1]):
            x = jnp.repeat(x, 2, axis=1)
            x = nn.leaky_relu(Conv(features, (5,))(x), 0.2)
        return self.output(Conv(channels, (5,))(x)[:, :length])
