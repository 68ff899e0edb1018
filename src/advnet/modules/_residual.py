"""Residual generator and discriminator of R3GAN, for images of any size."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Dtype, Initializer

from advnet.modules._concatenate import condition_vectors
from advnet.modules._convolution import Conv
from advnet.modules._resampling import (
    base_size,
    crop,
    downsample,
    pad,
    stage_widths,
    upsample,
)

_SLOPE = 0.2
_ACTIVATION_GAIN = math.sqrt(2 / (1 + _SLOPE**2))
_EMBEDDING = 64  # size of the generator's class embedding


class ResidualGenerator(nn.Module):
    """Generator of R3GAN: residual blocks with grouped convolutions, no normalization.

    A learned base map of about 4 pixels on the short side is doubled until it covers
    the image, and the center is cropped. Images may have any height and width.

    Attributes:
      shape: Shape of an image, (height, width, channels).
      width: Channels of all stages, or one number for each stage from the lowest
        resolution on, which also sets the number of stages.
      blocks: Residual blocks of each stage.
      group_size: Channels of a group of the 3 x 3 convolutions.
      expansion: Channels inside a block, as a multiple of those outside.
      num_classes: Length of one-hot conditions; required for integer labels.
      bfloat16_stages: Number of stages of the highest resolutions that compute in
        bfloat16.

    Examples:
      >>> generator = ResidualGenerator(shape=(33, 47, 3), width=16)
      >>> z = jnp.zeros((2, 64))
      >>> variables = generator.init(jax.random.key(0), z, train=False)
      >>> generator.apply(variables, z, train=False).shape
      (2, 33, 47, 3)

    References:
      Huang et al. 2024 (R3GAN), sections 3 and 4 and the published presets. Pixels
      there are in [-1, 1], here in [0, 1]: the linear output is scaled, and clipped
      outside training.
    """

    shape: tuple[int, int, int]
    width: int | Sequence[int] = 96
    blocks: int = 2
    group_size: int = 16
    expansion: int = 2
    num_classes: int | None = None
    bfloat16_stages: int = 0

    @nn.compact
    def __call__(
        self, z: jax.Array, condition: Any = None, *, train: bool
    ) -> jax.Array:
        """Map noise [m, ...], and an optional condition, to images [m, *shape]."""
        height, width, channels = self.shape
        widths = stage_widths(self.width, (height, width))
        z = z.reshape(z.shape[0], -1)
        if condition is not None:
            vectors = condition_vectors(z, condition, self.num_classes)
            embedding = _linear(_EMBEDDING, 1.0)(vectors)
            z = jnp.concatenate([z, embedding], axis=1)
        x = self._base_map(z, base_size((height, width), len(widths)), widths[0])
        for stage, features in enumerate(widths):
            dtype = _stage_dtype(stage, len(widths), self.bfloat16_stages)
            x = x.astype(dtype)
            if stage:
                x = upsample(_change_width(x, features, dtype))
            x = _apply_blocks(self, x, len(widths), dtype)
        y = _linear(channels, 1.0)(x.astype(z.dtype))
        y = crop(0.5 + 0.5 * y, (height, width))
        return y if train else y.clip(0.0, 1.0)

    def _base_map(self, z: jax.Array, size: tuple[int, int], features: int):
        """Map vectors [m, n] to a multiple of a learned map for every channel."""
        basis = self.param("basis", nn.initializers.normal(1.0), (*size, features))
        scale = _linear(features, 1.0)(z)
        return scale[:, None, None] * basis[None]


class ResidualDiscriminator(nn.Module):
    """Discriminator of R3GAN, the mirror image of `ResidualGenerator`.

    Images of any height and width are surrounded with mid-gray to a multiple of the
    smallest map.

    Attributes:
      width: Channels of all stages, or one number for each stage from the lowest
        resolution on, which also sets the number of stages.
      blocks: Residual blocks of each stage.
      group_size: Channels of a group of the 3 x 3 convolutions.
      expansion: Channels inside a block, as a multiple of those outside.
      num_classes: Length of one-hot conditions; required for integer labels.
      bfloat16_stages: Number of stages of the highest resolutions that compute in
        bfloat16.
      features: Whether to return `(logits [m], features [m, n])`.

    Examples:
      >>> discriminator = ResidualDiscriminator(width=16, num_classes=10)
      >>> x, label = jnp.zeros((2, 33, 47, 3)), jnp.array([3, 7])
      >>> variables = discriminator.init(jax.random.key(0), x, label, train=False)
      >>> discriminator.apply(variables, x, label, train=False).shape
      (2,)

    References:
      Huang et al. 2024 (R3GAN), sections 3 and 4 and the published presets; Miyato
      and Koyama 2018 for the condition.
    """

    width: int | Sequence[int] = 96
    blocks: int = 2
    group_size: int = 16
    expansion: int = 2
    num_classes: int | None = None
    bfloat16_stages: int = 0
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, condition: Any = None, *, train: bool = False):
        """Map images [m, h, w, c] in [0, 1], and a condition, to logits [m]."""
        del train  # no layer depends on it
        dtype, (height, width) = x.dtype, x.shape[1:3]
        widths = stage_widths(self.width, (height, width))
        base = base_size((height, width), len(widths))
        factor = 2 ** (len(widths) - 1)
        x = pad(2 * x - 1, (base[0] * factor, base[1] * factor))
        x = _linear(widths[-1], 1.0)(x)
        for stage in reversed(range(len(widths))):
            stage_dtype = _stage_dtype(stage, len(widths), self.bfloat16_stages)
            x = x.astype(stage_dtype)
            x = _apply_blocks(self, x, len(widths), stage_dtype)
            if stage:
                x = _change_width(downsample(x), widths[stage - 1], stage_dtype)
        weights = self.param("basis", _scaled_normal(1.0, base), x.shape[1:])
        features = jnp.einsum("mhwc,hwc->mc", x.astype(dtype), weights)
        if condition is None:
            logits = _linear(1, 1.0)(features)[:, 0]
        else:
            vectors = condition_vectors(features, condition, self.num_classes)
            embedding = _linear(widths[0], 1 / math.sqrt(widths[0]))(vectors)
            logits = jnp.sum(_linear(widths[0], 1.0)(features) * embedding, axis=-1)
        return (logits, features) if self.features else logits


class _Block(nn.Module):
    """Residual block x + f(x), f two 1 x 1 convolutions around a grouped 3 x 3 one.

    Attributes:
      hidden: Channels inside.
      group_size: Channels of a group.
      gain: Gain of the first two initial kernels; the last kernel starts at 0.
      dtype: Type of the computation.
    """

    hidden: int
    group_size: int
    gain: float
    dtype: Dtype

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map [m, h, w, c] to [m, h, w, c]."""
        if self.hidden % self.group_size:
            raise ValueError(
                f"Expected width * expansion to be a multiple of group_size="
                f"{self.group_size}, got {self.hidden}. Choose another width."
            )
        activate = functools.partial(nn.leaky_relu, negative_slope=_SLOPE)
        y = _linear(self.hidden, self.gain, self.dtype, use_bias=True)(x)
        y = Conv(
            self.hidden,
            (3, 3),
            feature_group_count=self.hidden // self.group_size,
            kernel_init=_scaled_normal(self.gain, (3, 3, self.group_size)),
            dtype=self.dtype,
        )(activate(y))
        return x + _linear(x.shape[-1], 0.0, self.dtype)(activate(y))


def _apply_blocks(
    network: ResidualGenerator | ResidualDiscriminator,
    x: jax.Array,
    num_stages: int,
    dtype: Dtype,
) -> jax.Array:
    """Apply the residual blocks of one stage."""
    hidden = network.expansion * x.shape[-1]
    gain = _ACTIVATION_GAIN * (num_stages * network.blocks) ** -0.25
    for _ in range(network.blocks):
        x = _Block(hidden, network.group_size, gain, dtype)(x)
    return x


def _change_width(x: jax.Array, features: int, dtype: Dtype) -> jax.Array:
    """Apply a 1 x 1 convolution where the number of channels changes."""
    return x if x.shape[-1] == features else _linear(features, 1.0, dtype)(x)


def _linear(
    features: int, gain: float, dtype: Dtype | None = None, *, use_bias: bool = False
) -> Callable[[jax.Array], jax.Array]:
    """Build a linear map of channels, which is a 1 x 1 convolution of images."""
    init = _scaled_normal(gain)
    return nn.Dense(features, use_bias=use_bias, kernel_init=init, dtype=dtype)


def _scaled_normal(gain: float, fan_in: Sequence[int] | None = None) -> Initializer:
    """Build an initializer N(0, gain^2 / number of inputs).

    Args:
      gain: Standard deviation of an output for inputs of variance 1.
      fan_in: Factors of the number of inputs; by default the first axis of the kernel.
    """

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        del out_sharding
        inputs = math.prod(fan_in or shape[:1])
        return gain / math.sqrt(inputs) * jax.random.normal(key, shape, dtype)

    return init


def _stage_dtype(stage: int, num_stages: int, bfloat16_stages: int) -> Dtype:
    """Return the type in which a stage computes."""
    return jnp.bfloat16 if stage >= num_stages - bfloat16_stages else jnp.float32
