"""Convolutions that are fast on every platform, however they are differentiated.

A strided convolution belongs to a form linear in three members,

    T(image, kernel, output) = sum over n, i, a, c, f of
        image[n, stride * i + a - low, c] * kernel[a, c, f] * output[n, i, f],

and all that is ever asked is one member from the two others: the convolution finds the
output, the transposed convolution the image, the third one the kernel's gradient. The
derivatives of each are the two others, so one primitive is closed under every order and
mode of differentiation, and each platform may compile it in its own way.

GPUs and TPUs get the convolution that JAX's own rules arrive at. XLA's CPU backend runs
those ten to a hundred times slower than it could (jaxlib 0.10 and 0.11):

- Outside loops it brings dimensions into the order that its fast kernels want; inside
  `lax.scan` the order that JAX's transposition leaves behind gets naive loops.
- It swaps a window larger than its image with the image by reversing both, and for a
  reversed window it has naive loops only.
- It has nothing else for the grouped convolutions that `jax.vmap` makes of kernels.

So the CPU is handed images NHWC, windows HWIO no larger than the image, and no groups.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Dtype, Initializer
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

Padding = str | Sequence[Sequence[int]]


def conv(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "SAME",
) -> jax.Array:
    """Slides a kernel over images; the numbers of `jax.lax.conv_general_dilated`.

    Args:
      x: Images [..., h, w, c].
      kernel: [kh, kw, c, f].
      strides: Pixels from one place to the next, one number or one per axis.
      padding: "SAME", "VALID", or the zeros before and after each of the two axes.

    Returns:
      [..., h', w', f].

    Examples:
      >>> conv(jnp.ones((2, 28, 28, 1)), jnp.ones((4, 4, 1, 64)), strides=2).shape
      (2, 14, 14, 64)
    """
    strides, image, padding = _checked(x, kernel, strides, padding)
    axes = map(_conv_axis, image, kernel.shape, strides, padding)
    low, output = zip(*axes, strict=True)
    window = _Window(strides, low, image, kernel.shape[:2], output)
    return _over_batches(partial(_find, "output", window), x, kernel)


def conv_transpose(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "SAME",
) -> jax.Array:
    """Spreads a kernel over a finer grid: the transpose of a strided convolution.

    `strides` and `padding`, however spelt, are those of the convolution it transposes:
    `conv_transpose(y, kernel[::-1, ::-1].swapaxes(2, 3), ...)` is the gradient of
    `conv(x, kernel, ...)`. So "SAME" multiplies each side by its stride, "VALID" gives
    (h - 1) * stride + kernel, and explicit padding is cropped from that, as in PyTorch.
    "SAME" and "VALID" agree with `flax.linen.ConvTranspose`, which counts explicit
    padding from the other end: there p means kernel - 1 - p.

    Args:
      x: Images [..., h, w, c].
      kernel: [kh, kw, c, f].
      strides: Pixels of the result per pixel of x, one number or one per axis.
      padding: "SAME", "VALID", or the pixels cropped at both ends of the two axes.

    Returns:
      [..., h', w', f].

    Examples:
      >>> x, kernel = jnp.ones((2, 10, 10, 80)), jnp.ones((5, 5, 80, 3))
      >>> conv_transpose(x, kernel, strides=3, padding="VALID").shape
      (2, 32, 32, 3)
    """
    strides, output, padding = _checked(x, kernel, strides, padding)
    axes = map(_conv_transpose_axis, output, kernel.shape, strides, padding)
    low, image = zip(*axes, strict=True)
    window = _Window(strides, low, image, kernel.shape[:2], output)
    kernel = jax.lax.rev(kernel, (0, 1)).swapaxes(2, 3)
    return _over_batches(partial(_find, "image", window), x, kernel)


class Conv(nn.Module):
    """`conv` as a layer; its parameters interchange with `flax.linen.Conv`'s.

    Attributes:
      features: Channels of the result.
      kernel_size: Sides of the kernel, one number or one per axis.
      strides: As in `conv`.
      padding: As in `conv`.
      use_bias: Whether to add a number per channel.
      kernel_init: Initializer of the kernel [kh, kw, c, features].
      bias_init: Initializer of the bias [features].
      dtype: What to compute in; by default what inputs and parameters promote to.

    Examples:
      >>> layer = Conv(64, (4, 4), strides=2)
      >>> variables = layer.init(jax.random.key(0), jnp.zeros((2, 28, 28, 1)))
      >>> jax.tree.map(jnp.shape, variables)
      {'params': {'bias': (64,), 'kernel': (4, 4, 1, 64)}}
    """

    features: int
    kernel_size: int | Sequence[int]
    strides: int | Sequence[int] = 1
    padding: Padding = "SAME"
    use_bias: bool = True
    kernel_init: Initializer = nn.initializers.lecun_normal()
    bias_init: Initializer = nn.initializers.zeros
    dtype: Dtype | None = None

    _slide = staticmethod(conv)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps images [..., h, w, c] to [..., h', w', features]."""
        shape = (*_pair(self.kernel_size), x.shape[-1], self.features)
        weights = [self.param("kernel", self.kernel_init, shape)]
        if self.use_bias:
            weights.append(self.param("bias", self.bias_init, shape[-1:]))
        x, kernel, *bias = nn.dtypes.promote_dtype(x, *weights, dtype=self.dtype)
        y = self._slide(x, kernel, strides=self.strides, padding=self.padding)
        return y + bias[0].reshape((1,) * (y.ndim - 1) + (-1,)) if bias else y


class ConvTranspose(Conv):
    """`conv_transpose` as a layer, interchangeable with `flax.linen.ConvTranspose`.

    Its attributes are those of `Conv`; explicit padding is cropped (`conv_transpose`).

    Examples:
      >>> layer = ConvTranspose(1, (4, 4), strides=2)
      >>> layer.init_with_output(jax.random.key(0), jnp.zeros((2, 14, 14, 64)))[0].shape
      (2, 28, 28, 1)
    """

    _slide = staticmethod(conv_transpose)


class _Window(NamedTuple):
    """The geometry of the form T, each field with one entry per axis (h, w)."""

    strides: tuple[int, ...]
    low: tuple[int, ...]  # zeros before the image
    image: tuple[int, ...]
    kernel: tuple[int, ...]
    output: tuple[int, ...]


# What each member is found from: the second slides over the first.
_GIVEN = {
    "output": ("image", "kernel"),
    "image": ("output", "kernel"),
    "kernel": ("image", "output"),
}
_form = Primitive("advnet_convolution")


def _find(wanted: str, window: _Window, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Finds one member of the form T from the two others."""
    # Inside jax.shard_map the derivative of a replicated operand is a sum over shards.
    axes = [jax.typeof(x).manual_axis_type.varying for x in (lhs, rhs)]
    lhs = jax.lax.pcast(lhs, tuple(axes[1] - axes[0]), to="varying")
    rhs = jax.lax.pcast(rhs, tuple(axes[0] - axes[1]), to="varying")
    return _form.bind(lhs, rhs, wanted=wanted, window=window)


def _native(lhs: jax.Array, rhs: jax.Array, *, wanted: str, window: _Window):
    """The convolution that JAX's rules of differentiation arrive at."""
    specs, options = _problem(wanted, window)
    rhs = jax.lax.rev(rhs, (0, 1)) if wanted == "image" else rhs
    return jax.lax.conv_general_dilated(lhs, rhs, dimension_numbers=specs, **options)


def _canonical(lhs: jax.Array, rhs: jax.Array, *, wanted: str, window: _Window):
    """The same convolution in the one form that is fast on a CPU, in a loop or not."""
    (of_lhs, of_rhs, of_result), options = _problem(wanted, window)
    rhs = jax.lax.rev(rhs, (0, 1)) if wanted == "image" else rhs
    lhs = lhs.transpose([of_lhs.index(axis) for axis in "NHWC"])
    rhs = rhs.transpose([of_rhs.index(axis) for axis in "HWIO"])
    lhs, options = _grow(lhs, rhs.shape, options)
    specs = ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(lhs, rhs, dimension_numbers=specs, **options)
    return y.transpose(["NHWC".index(axis) for axis in of_result])


def _problem(wanted: str, window: _Window):
    """The dimension numbers and the keywords of a convolution."""
    strides, low, image, kernel, output = window
    span = [(n - 1) * stride + 1 for n, stride in zip(output, strides, strict=True)]
    high = [s + k - 1 - i - lo for s, k, i, lo in zip(span, kernel, image, low)]
    options = {"window_strides": (1, 1), "padding": list(zip(low, high, strict=True))}
    if wanted == "output":
        padding = [(lo, max(hi, 0)) for lo, hi in options["padding"]]
        options |= {"window_strides": strides, "padding": padding}
        return ("NHWC", "HWIO", "NHWC"), options
    if wanted == "kernel":
        return ("CHWN", "IHWO", "HWNC"), options | {"rhs_dilation": strides}
    padding = [(k - 1 - lo, k - 1 - hi) for k, lo, hi in zip(kernel, low, high)]
    options |= {"padding": padding, "lhs_dilation": strides}
    return ("NHWC", "HWOI", "NHWC"), options


def _grow(lhs: jax.Array, window: Sequence[int], options: dict):
    """Writes out some of the padding where the window is larger than the image."""
    if math.prod(window[:2]) <= math.prod(lhs.shape[1:3]):
        return lhs, options
    extra = [max(k - n, 0) for k, n in zip(window, lhs.shape[1:3])]
    lhs = jnp.pad(lhs, ((0, 0), (0, extra[0]), (0, extra[1]), (0, 0)))
    dilation = options.get("lhs_dilation", (1, 1))
    left = [
        (lo, hi - n * step)
        for (lo, hi), n, step in zip(options["padding"], extra, dilation)
    ]
    # Behind the barrier XLA does not fold the zeros back into the convolution.
    return jax.lax.optimization_barrier(lhs), options | {"padding": left}


def _transpose(side: int):
    """Finds the operand at `side` from a cotangent of the result and the other one."""

    def rule(cotangent, *operands, wanted, window):
        missing, other = _GIVEN[wanted][side], _GIVEN[wanted][1 - side]
        known = {wanted: cotangent, other: operands[1 - side]}
        return _find(missing, window, *(known[name] for name in _GIVEN[missing]))

    return rule


def _batch(operands, axes, *, wanted: str, window: _Window):
    """A batch of images is more images; a batch of kernels is taken one by one."""
    find = partial(_find, wanted, window)
    lhs, rhs = (
        x if axis is None else jnp.moveaxis(x, axis, 0)
        for x, axis in zip(operands, axes, strict=True)
    )
    if wanted != "kernel" and axes[1] is None:
        return _over_batches(find, lhs, rhs), 0

    mapped = {i: x for i, x in enumerate((lhs, rhs)) if axes[i] is not None}
    native = partial(_native, wanted=wanted, window=window)
    each = lambda find: lambda xs: find(xs.get(0, lhs), xs.get(1, rhs))
    looped = partial(jax.lax.map, each(find))
    return jax.lax.platform_dependent(
        mapped, cpu=looped, default=jax.vmap(each(native))
    ), 0


def _over_batches(find: Callable, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Finds a member for images with any number of axes before [h, w, c]."""
    batch = lhs.shape[:-3]
    y = find(lhs.reshape(math.prod(batch), *lhs.shape[-3:]), rhs)
    return y.reshape(*batch, *y.shape[1:])


def _checked(x: jax.Array, kernel: jax.Array, strides, padding):
    """The strides, the sides of x and the padding, each with one entry per axis."""
    if x.ndim < 3 or kernel.ndim != 4 or x.shape[-1] != kernel.shape[2]:
        raise ValueError(
            "Expected images [..., h, w, c] and a kernel [kh, kw, c, f], "
            f"got {x.shape} and {kernel.shape}."
        )
    if padding in ("SAME", "VALID"):
        return _pair(strides), x.shape[-3:-1], (padding, padding)
    if isinstance(padding, str) or [len(ends) for ends in padding] != [2, 2]:
        raise ValueError(
            "Expected padding 'SAME', 'VALID' or ((low, high), (low, high)), "
            f"got {padding!r}."
        )
    return _pair(strides), x.shape[-3:-1], tuple(padding)


def _pair(value: int | Sequence[int]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _conv_axis(side: int, kernel: int, stride: int, padding) -> tuple[int, int]:
    """The zeros before the image, and the side of the result."""
    if padding == "SAME":
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        padding = (total // 2, total - total // 2)
    low, high = (0, 0) if padding == "VALID" else padding
    return low, _positive((side + low + high - kernel) // stride + 1)


def _conv_transpose_axis(
    side: int, kernel: int, stride: int, padding
) -> tuple[int, int]:
    """The pixels cropped before the result, and its side."""
    rest = kernel - stride
    if padding == "SAME":
        padding = (max(rest, 0) // 2, rest - max(rest, 0) // 2)
    low, high = (0, min(rest, 0)) if padding == "VALID" else padding
    return low, _positive((side - 1) * stride + kernel - low - high)


def _positive(side: int) -> int:
    if side < 1:
        raise ValueError(f"Expected a kernel that fits, got a result of side {side}.")
    return side


@_form.def_abstract_eval
def _abstract_eval(lhs, rhs, **how):
    return jax.make_jaxpr(partial(_native, **how))(lhs, rhs).out_avals[0]


_form.def_impl(jax.jit(_form.bind, static_argnames=("wanted", "window")))
ad.defbilinear(_form, _transpose(0), _transpose(1))
batching.primitive_batchers[_form] = _batch
mlir.register_lowering(_form, mlir.lower_fun(_native, multiple_results=False))
mlir.register_lowering(
    _form, mlir.lower_fun(_canonical, multiple_results=False), platform="cpu"
)
