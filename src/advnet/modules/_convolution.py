"""Convolution functions and layers."""

from collections.abc import Callable, Sequence
from functools import partial

import flax.linen as nn
import jax
import numpy as np
from flax.linen.dtypes import promote_dtype
from flax.typing import Dtype, Initializer

from advnet.modules._convolution_primitive import Window, contract, flatten_batch

Sides = int | Sequence[int]
Padding = str | Sequence[Sequence[int]]


def conv(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: Sides = 1,
    padding: Padding = "SAME",
    feature_group_count: int = 1,
) -> jax.Array:
    """Convolve images with a kernel; same values as `jax.lax.conv_general_dilated`.

    A kernel [k, c, f] convolves series [..., t, c] along their single axis.

    Args:
      x: Images [..., h, w, c].
      kernel: Kernel [kh, kw, c / feature_group_count, f].
      strides: Strides in pixels, an int or one per axis.
      padding: "SAME", "VALID", or one pair (before, after) of zeros per axis.
      feature_group_count: Number of groups of channels that do not mix.

    Returns:
      Images [..., h', w', f].

    Raises:
      ValueError: If the groups do not divide the channels, or the shapes do not fit.

    Examples:
      >>> conv(jnp.ones((2, 28, 28, 1)), jnp.ones((4, 4, 1, 64)), strides=2).shape
      (2, 14, 14, 64)
      >>> conv(jnp.ones((2, 50, 3)), jnp.ones((5, 3, 8))).shape
      (2, 50, 8)
      >>> x, kernel = jnp.ones((2, 8, 8, 32)), jnp.ones((3, 3, 16, 32))
      >>> conv(x, kernel, feature_group_count=2).shape
      (2, 8, 8, 32)
    """
    if feature_group_count != 1:
        options = {"strides": strides, "padding": padding}
        return _by_groups(feature_group_count, partial(conv, **options), x, kernel)
    if kernel.ndim == 3:
        return _over_series(conv, x, kernel, strides, padding)
    window = _require_window(x, kernel, strides, padding, transposed=False)
    return flatten_batch(partial(contract, "output", window), x, kernel)


def conv_transpose(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: Sides = 1,
    padding: Padding = "SAME",
    feature_group_count: int = 1,
) -> jax.Array:
    """Compute a transposed convolution, which upsamples images by the strides.

    `strides` and `padding` are those of the convolution that is transposed:
    `conv_transpose(y, kernel[::-1, ::-1].swapaxes(2, 3), ...)` is the gradient of
    `conv(x, kernel, ...)`. So "SAME" multiplies height and width by the strides. As in
    PyTorch, explicit padding is cropped from (h - 1) * stride + kernel pixels. Only
    this case differs from `flax.linen.ConvTranspose`, where p means kernel - 1 - p.
    A kernel [k, c, f] upsamples series [..., t, c].

    Args:
      x: Images [..., h, w, c].
      kernel: Kernel [kh, kw, c / feature_group_count, f].
      strides: Output pixels per pixel of x, an int or one per axis.
      padding: "SAME", "VALID", or one pair (before, after) of pixels to crop per axis.
      feature_group_count: Number of groups of channels that do not mix.

    Returns:
      Images [..., h', w', f].

    Examples:
      >>> x, kernel = jnp.ones((2, 10, 10, 80)), jnp.ones((5, 5, 80, 3))
      >>> conv_transpose(x, kernel, strides=3, padding="VALID").shape
      (2, 32, 32, 3)
    """
    if feature_group_count != 1:
        options = {"strides": strides, "padding": padding}
        transposed = partial(conv_transpose, **options)
        return _by_groups(feature_group_count, transposed, x, kernel)
    if kernel.ndim == 3:
        return _over_series(conv_transpose, x, kernel, strides, padding)
    window = _require_window(x, kernel, strides, padding, transposed=True)
    kernel = jax.lax.rev(kernel, (0, 1)).swapaxes(2, 3)
    return flatten_batch(partial(contract, "image", window), x, kernel)


class Conv(nn.Module):
    """Convolution layer with the same parameters as `flax.linen.Conv`; see `conv`.

    Attributes:
      features: Number of output channels.
      kernel_size: Height and width of the kernel, an int or one per axis; (k,) for
        series.
      strides: Strides as in `conv`.
      padding: Padding as in `conv`.
      feature_group_count: Number of groups of channels that do not mix.
      use_bias: Whether to add a bias for each output channel.
      kernel_init: Initializer of the kernel
        [kh, kw, c / feature_group_count, features].
      bias_init: Initializer of the bias [features].
      dtype: Type of the computation; by default the promoted type of all operands.

    Examples:
      >>> layer = Conv(64, (4, 4), strides=2)
      >>> variables = layer.init(jax.random.key(0), jnp.zeros((2, 28, 28, 1)))
      >>> jax.tree.map(jnp.shape, variables)
      {'params': {'bias': (64,), 'kernel': (4, 4, 1, 64)}}
      >>> series = jnp.zeros((2, 50, 3))
      >>> Conv(8, (5,)).init_with_output(jax.random.key(0), series)[0].shape
      (2, 50, 8)
    """

    features: int
    kernel_size: Sides
    strides: Sides = 1
    padding: Padding = "SAME"
    feature_group_count: int = 1
    use_bias: bool = True
    kernel_init: Initializer = nn.initializers.lecun_normal()
    bias_init: Initializer = nn.initializers.zeros
    dtype: Dtype | None = None

    _convolve = staticmethod(conv)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map images [..., h, w, c] to [..., h', w', features], series likewise."""
        channels = x.shape[-1] // self.feature_group_count
        shape = (*_pair(self.kernel_size), channels, self.features)
        weights = [self.param("kernel", self.kernel_init, shape)]
        if self.use_bias:
            weights.append(self.param("bias", self.bias_init, shape[-1:]))
        x, kernel, *bias = promote_dtype(x, *weights, dtype=self.dtype)
        y = self._convolve(
            x,
            kernel,
            strides=self.strides,
            padding=self.padding,
            feature_group_count=self.feature_group_count,
        )
        return y + bias[0].reshape((1,) * (y.ndim - 1) + (-1,)) if bias else y


class ConvTranspose(Conv):
    """Transposed convolution layer with the parameters of `flax.linen.ConvTranspose`.

    The attributes are those of `Conv`, with the padding of `conv_transpose`.

    Examples:
      >>> layer = ConvTranspose(1, (4, 4), strides=2)
      >>> layer.init_with_output(jax.random.key(0), jnp.zeros((2, 14, 14, 64)))[0].shape
      (2, 28, 28, 1)
    """

    _convolve = staticmethod(conv_transpose)


def _by_groups(
    groups: int,
    convolve: Callable[[jax.Array, jax.Array], jax.Array],
    x: jax.Array,
    kernel: jax.Array,
) -> jax.Array:
    """Convolve each group of channels with its own part of the kernel."""
    if groups < 1 or x.shape[-1] % groups or kernel.shape[-1] % groups:
        raise ValueError(
            "Expected feature_group_count to divide the channels, got "
            f"{groups} for {x.shape[-1]} input and {kernel.shape[-1]} output channels."
        )
    split = lambda a: a.reshape(*a.shape[:-1], groups, -1)
    # The batching rule of the primitive has a form for each platform.
    mapped = jax.vmap(convolve, in_axes=-2, out_axes=-2)
    y = mapped(split(x), split(kernel))
    return y.reshape(*y.shape[:-2], -1)


def _over_series(
    convolve: Callable[..., jax.Array],
    x: jax.Array,
    kernel: jax.Array,
    strides: Sides,
    padding: Padding,
) -> jax.Array:
    """Convolve series [..., t, c] as images of height 1."""
    if x.ndim < 2 or x.shape[-1] != kernel.shape[1]:
        raise ValueError(
            "Expected series [..., t, c] and a kernel [k, c, f], "
            f"got {x.shape} and {kernel.shape}."
        )
    (stride,) = (strides,) if isinstance(strides, int) else strides
    pairs = padding if isinstance(padding, str) else [(0, 0), *padding]
    y = convolve(x[..., None, :, :], kernel[None], strides=(1, stride), padding=pairs)
    return y[..., 0, :, :]


def _require_window(
    x, kernel, strides, padding: Padding, *, transposed: bool
) -> Window:
    """Return the geometry of a convolution, or raise if its arguments do not fit."""
    if x.ndim < 3 or kernel.ndim != 4 or x.shape[-1] != kernel.shape[2]:
        raise ValueError(
            "Expected images [..., h, w, c] and a kernel [kh, kw, c, f], "
            f"got {x.shape} and {kernel.shape}."
        )
    strides, size = np.array(_pair(strides)), np.array(kernel.shape[:2])
    image = output = np.array(x.shape[-3:-1])
    if transposed and isinstance(padding, str):
        image = output * strides + (padding == "VALID") * np.maximum(size - strides, 0)
    low, high = _require_ends(padding, image, size, strides)
    if not transposed:
        output = (image + low + high - size) // strides + 1
    elif not isinstance(padding, str):
        image = (output - 1) * strides + size - low - high
    if min(*image, *output) < 1:
        raise ValueError(
            f"Expected a kernel that fits into the padded image, got {kernel.shape} "
            f"for images {x.shape}. Use a smaller kernel or more padding."
        )
    return Window(*(tuple(map(int, v)) for v in (strides, low, image, size, output)))


def _require_ends(padding: Padding, image, kernel, strides) -> np.ndarray:
    """Return the zeros before and after an image, [end, axis], or raise ValueError."""
    if isinstance(padding, str) and padding in ("SAME", "VALID"):
        padding = jax.lax.padtype_to_pads(image, kernel, strides, padding)
    if np.shape(padding) != (2, 2):
        raise ValueError(f"Expected padding SAME, VALID or two pairs, got {padding!r}.")
    return np.transpose(padding)


def _pair(value: Sides) -> tuple[int, ...]:
    """Return an int or a pair as a pair."""
    return (value, value) if isinstance(value, int) else tuple(value)
