"""Residual pair with spectral normalization (SNGAN), for images of any size."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from advnet.modules._concatenate import condition_vectors
from advnet.modules._convolution import Conv
from advnet.modules._layers import Activation, output_range
from advnet.modules._resampling import (
    average_pool,
    base_size,
    crop,
    pad,
    repeat,
    stage_widths,
)

_XAVIER = nn.initializers.variance_scaling(1.0, "fan_avg", "uniform")
_XAVIER_RELU = nn.initializers.variance_scaling(2.0, "fan_avg", "uniform")


class SpectralResidualGenerator(nn.Module):
    """Generator of SNGAN: residual blocks with batch normalization.

    A dense layer makes a base map of about 4 pixels on the short side. Blocks double it
    until it covers the image, and the center is cropped. Images may have any height and
    width.

    Attributes:
      shape: Shape of an image, (height, width, channels).
      width: Channels of all stages, or one number for each stage from the base map on,
        which also sets the number of stages.
      num_classes: Length of one-hot conditions; required for integer labels. The
        condition sets scale and offset of every batch normalization.
      output: Activation of the output: sigmoid for pixels in [0, 1].

    Examples:
      >>> generator = SpectralResidualGenerator(shape=(33, 47, 3), width=8)
      >>> z = jnp.zeros((2, 128))
      >>> variables = generator.init(jax.random.key(0), z, train=False)
      >>> generator.apply(variables, z, train=False).shape
      (2, 33, 47, 3)

    References:
      Miyato et al. 2018, appendix B.4 (32 x 32 pixels, width 256); Miyato and Koyama
      2018 for the condition.
    """

    shape: tuple[int, int, int] = (32, 32, 3)
    width: int | Sequence[int] = 256
    num_classes: int | None = None
    output: Activation = nn.sigmoid

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(
        self, z: jax.Array, condition: Any = None, *, train: bool
    ) -> jax.Array:
        """Map noise [m, ...], and an optional condition, to images [m, *shape]."""
        height, width, channels = self.shape
        widths = stage_widths(self.width, (height, width))
        rows, columns = base_size((height, width), len(widths))
        z = z.reshape(z.shape[0], -1)
        vectors = None
        if condition is not None:
            vectors = condition_vectors(z, condition, self.num_classes)
        x = nn.Dense(rows * columns * widths[0], kernel_init=_XAVIER)(z)
        x = x.reshape(-1, rows, columns, widths[0])
        for features in widths[1:]:
            y = nn.relu(_Normalize()(x, vectors, train))
            y = Conv(features, 3, kernel_init=_XAVIER_RELU)(repeat(y))
            y = nn.relu(_Normalize()(y, vectors, train))
            y = Conv(features, 3, kernel_init=_XAVIER_RELU)(y)
            x = y + repeat(nn.Dense(features, kernel_init=_XAVIER)(x))
        x = nn.relu(_Normalize()(x, None, train))
        x = crop(x, (height, width))
        return self.output(Conv(channels, 3, kernel_init=_XAVIER)(x))


class SpectralResidualDiscriminator(nn.Module):
    """Discriminator of SNGAN: residual blocks with spectral normalization.

    Attributes:
      width: Channels of all stages, or one number for each stage, the last one applied
        first. All stages but the last two halve the sides.
      num_classes: Length of one-hot conditions; required for integer labels.
      features: Whether to return `(logits [m], features [m, n])`.

    Examples:
      >>> discriminator = SpectralResidualDiscriminator(width=8)
      >>> x = jnp.zeros((2, 33, 47, 3))
      >>> variables = discriminator.init(jax.random.key(0), x, train=False)
      >>> discriminator.apply(variables, x, train=False).shape
      (2,)

    References:
      Miyato et al. 2018, appendix B.4 (32 x 32 pixels, width 128); Miyato and Koyama
      2018, eq. 3, for the condition.
    """

    width: int | Sequence[int] = 128
    num_classes: int | None = None
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, condition: Any = None, *, train: bool):
        """Map images [m, h, w, c] in [0, 1], and a condition, to logits [m]."""
        (height, width), dtype = x.shape[1:3], x.dtype
        widths = stage_widths(self.width, (height, width))
        rows, columns = base_size((height, width), len(widths))
        factor = 2 ** (len(widths) - 1)
        x = pad(2 * x - 1, (rows * factor, columns * factor))
        for stage in reversed(range(len(widths))):
            first = stage == len(widths) - 1
            x = self._block(x, widths[stage], stage > 1, train, first)
        features = nn.relu(x).sum(axis=(1, 2))
        logits = self._normalized(_dense(1, dtype), features, train)[:, 0]
        if condition is not None:
            vectors = condition_vectors(features, condition, self.num_classes)
            embed = _dense(features.shape[-1], dtype, use_bias=False)
            embedding = self._normalized(embed, vectors, train)
            logits += jnp.sum(embedding * features, axis=-1)
        return (logits, features) if self.features else logits

    def _block(
        self, x: jax.Array, features: int, halve: bool, train: bool, first: bool
    ) -> jax.Array:
        """Apply a residual block, whose output has half the sides with `halve`."""
        dtype = x.dtype
        y = x if first else nn.relu(x)
        for layer in range(2):
            y = nn.relu(y) if layer else y
            convolution = Conv(features, 3, kernel_init=_XAVIER_RELU, dtype=dtype)
            y = self._normalized(convolution, y, train)
        if not halve and x.shape[-1] == features:
            return x + y
        # A linear map of channels and an average over pixels commute.
        shortcut = average_pool(x) if halve else x
        shortcut = self._normalized(_dense(features, dtype), shortcut, train)
        return shortcut + (average_pool(y) if halve else y)

    def _normalized(self, layer: nn.Module, x: jax.Array, train: bool) -> jax.Array:
        """Apply a layer with spectral normalization."""
        return nn.SpectralNorm(layer)(x, update_stats=train)


class _Normalize(nn.Module):
    """Batch normalization whose scale and offset may depend on a condition."""

    @nn.compact
    def __call__(
        self, x: jax.Array, vectors: jax.Array | None, train: bool
    ) -> jax.Array:
        """Normalize images [m, h, w, c], with condition vectors [m, l] or None."""
        options = {"use_running_average": not train, "momentum": 0.9}
        if vectors is None:
            return nn.BatchNorm(**options)(x)
        x = nn.BatchNorm(use_scale=False, use_bias=False, **options)(x)
        maps = [
            nn.Dense(x.shape[-1], use_bias=False, kernel_init=init)(vectors)
            for init in (nn.initializers.ones, nn.initializers.zeros)
        ]
        scale, offset = (m[:, None, None] for m in maps)
        return x * scale + offset


def _dense(features: int, dtype: Any, *, use_bias: bool = True) -> nn.Module:
    # Spectral normalization promotes kernels to the type of its state, so set `dtype`.
    return nn.Dense(features, use_bias=use_bias, kernel_init=_XAVIER, dtype=dtype)
