"""Convolutions that are fast on every platform, however they are differentiated.

A strided convolution belongs to a form linear in three members,

    T(image, kernel, output) = sum over n, i, a, c, f of
        image[n, stride * i + a - low, c] * kernel[a, c, f] * output[n, i, f],

and all that is ever asked is one member from the two others: the convolution finds the
output, the transposed convolution the image, the third the gradient of the kernel. So
one primitive is closed under every order and mode of differentiation, and each platform
compiles it in its own way.

GPUs and TPUs get the convolution that JAX's own rules arrive at. XLA's CPU backend runs
naive loops, 10 to 100 times slower (jaxlib 0.10 and 0.11), inside `lax.scan` for any
order of dimensions but one; for a window larger than its image, which it swaps with the
image and reverses; and for the groups that `jax.vmap` makes of a batch of kernels. So
it is handed images NHWC, windows HWIO no larger than the image, one kernel at a time.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.linen.dtypes import promote_dtype
from flax.typing import Dtype, Initializer
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jax.sharding import NamedSharding, PartitionSpec

Sides = int | Sequence[int]
Padding = str | Sequence[Sequence[int]]


def conv(
    x: jax.Array, kernel: jax.Array, *, strides: Sides = 1, padding: Padding = "SAME"
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
    window = _geometry(x, kernel, strides, padding, transposed=False)
    return _over_batches(partial(_find, "output", window), x, kernel)


def conv_transpose(
    x: jax.Array, kernel: jax.Array, *, strides: Sides = 1, padding: Padding = "SAME"
) -> jax.Array:
    """Spreads a kernel over a finer grid: the transpose of a strided convolution.

    `strides` and `padding`, however spelt, are those of the convolution it transposes:
    `conv_transpose(y, kernel[::-1, ::-1].swapaxes(2, 3), ...)` is the gradient of
    `conv(x, kernel, ...)`. So "SAME" multiplies each side by its stride, and explicit
    padding is cropped from (h - 1) * stride + kernel pixels, as in PyTorch. Only the
    latter differs from `flax.linen.ConvTranspose`, where p means kernel - 1 - p.

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
    window = _geometry(x, kernel, strides, padding, transposed=True)
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
    kernel_size: Sides
    strides: Sides = 1
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
        x, kernel, *bias = promote_dtype(x, *weights, dtype=self.dtype)
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


def _geometry(x, kernel, strides, padding: Padding, *, transposed: bool) -> _Window:
    if x.ndim < 3 or kernel.ndim != 4 or x.shape[-1] != kernel.shape[2]:
        raise ValueError(
            "Expected images [..., h, w, c] and a kernel [kh, kw, c, f], "
            f"got {x.shape} and {kernel.shape}."
        )
    strides, size = np.array(_pair(strides)), np.array(kernel.shape[:2])
    image = output = np.array(x.shape[-3:-1])
    if transposed and isinstance(padding, str):
        image = output * strides + (padding == "VALID") * np.maximum(size - strides, 0)
    low, high = _ends(padding, image, size, strides)
    if not transposed:
        output = (image + low + high - size) // strides + 1
    elif not isinstance(padding, str):
        image = (output - 1) * strides + size - low - high
    if min(*image, *output) < 1:
        raise ValueError(f"Expected a kernel that fits, got {kernel.shape}, {x.shape}.")
    return _Window(*(tuple(map(int, v)) for v in (strides, low, image, size, output)))


def _ends(padding: Padding, image, kernel, strides) -> np.ndarray:
    """The zeros before and after an image, [end, axis]."""
    if isinstance(padding, str) and padding in ("SAME", "VALID"):
        padding = jax.lax.padtype_to_pads(image, kernel, strides, padding)
    if np.shape(padding) != (2, 2):
        raise ValueError(f"Expected padding SAME, VALID or two pairs, got {padding!r}.")
    return np.transpose(padding)


def _pair(value: Sides) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _over_batches(find: Callable, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Finds a member for images with any number of axes before [h, w, c]."""
    batch = lhs.shape[:-3]
    y = find(lhs.reshape(math.prod(batch), *lhs.shape[-3:]), rhs)
    return y.reshape(*batch, *y.shape[1:])


_form = Primitive("advnet_convolution")

# How each is found: from which two (the second slides over the first), the dimensions
# of these and of the result, and what the strides are to the convolution.
_ROLES = {
    "output": (("image", "kernel"), ("NHWC", "HWIO", "NHWC"), "window_strides"),
    "image": (("output", "kernel"), ("NHWC", "HWOI", "NHWC"), "lhs_dilation"),
    "kernel": (("image", "output"), ("CHWN", "IHWO", "HWNC"), "rhs_dilation"),
}


def _find(wanted: str, window: _Window, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Finds one member of the form T from the two others."""
    # Inside jax.shard_map the derivative of a replicated operand is a sum over shards.
    axes = [jax.typeof(x).manual_axis_type.varying for x in (lhs, rhs)]
    lhs = jax.lax.pcast(lhs, tuple(axes[1] - axes[0]), to="varying")
    rhs = jax.lax.pcast(rhs, tuple(axes[0] - axes[1]), to="varying")
    return _form.bind(lhs, rhs, wanted=wanted, window=window)


def _convolve(lhs, rhs, *, wanted: str, window: _Window, canonical: bool = False):
    """Finds it by the convolution of JAX's own rules, or by its canonical form."""
    _, specs, stride = _ROLES[wanted]
    options: dict[str, Any] = {"window_strides": (1, 1), stride: window.strides}
    options |= {"padding": _padding(wanted, window), "dimension_numbers": specs}
    if wanted == "image":
        rhs = jax.lax.rev(rhs, (0, 1))
    if wanted == "kernel":  # which is replicated, where a mesh is explicit
        mesh = jax.typeof(lhs).sharding.mesh
        options["out_sharding"] = NamedSharding(mesh, PartitionSpec())
    if not canonical:
        return jax.lax.conv_general_dilated(lhs, rhs, **options)
    options["dimension_numbers"] = ("NHWC", "HWIO", "NHWC")
    lhs = lhs.transpose([specs[0].index(axis) for axis in "NHWC"])
    rhs = rhs.transpose([specs[1].index(axis) for axis in "HWIO"])
    y = jax.lax.conv_general_dilated(_fit(lhs, rhs, options), rhs, **options)
    return y.transpose(["NHWC".index(axis) for axis in specs[2]])


def _padding(wanted: str, window: _Window) -> np.ndarray:
    strides, low, image, kernel, output = map(np.array, window)
    high = (output - 1) * strides + kernel - image - low
    if wanted == "output":
        high = np.maximum(high, 0)
    if wanted == "image":
        low, high = kernel - 1 - low, kernel - 1 - high
    return np.stack([low, high], axis=1)


def _fit(image: jax.Array, window: jax.Array, options: dict[str, Any]) -> jax.Array:
    """Cuts off negative padding; writes padding out for a window over its image."""
    low, high = options["padding"].T
    step = options.get("lhs_dilation", 1)
    # XLA reads beyond the image for padding that is negative below, positive above.
    crop = np.maximum(-(low // step), 0)
    image = image[:, crop[0] :, crop[1] :]
    sides, sizes = np.array(image.shape[1:3]), np.array(window.shape[:2])
    grow = np.maximum(sizes - sides, 0) * (sizes.prod() > sides.prod())
    options["padding"] = np.stack([low + crop * step, high - grow * step], axis=1)
    if not grow.any():
        return image
    image = jnp.pad(image, ((0, 0), (0, grow[0]), (0, grow[1]), (0, 0)))
    # Behind the barrier XLA does not fold the zeros back into the convolution.
    return jax.lax.optimization_barrier(image)


def _transpose(side: int) -> Callable:
    """Finds the operand at `side` from a cotangent of the result and the other one."""

    def rule(cotangent, *operands, wanted, window):
        given = _ROLES[wanted][0]
        known = {wanted: cotangent, given[1 - side]: operands[1 - side]}
        pair = (known[name] for name in _ROLES[given[side]][0])
        return _find(given[side], window, *pair)

    return rule


def _batch(operands, axes, *, wanted: str, window: _Window):
    """More images are a larger batch; the CPU takes more kernels one by one."""
    find = partial(_find, wanted, window)
    front = lambda x, axis: x if axis is None else jnp.moveaxis(x, axis, 0)
    lhs, rhs = map(front, operands, axes)
    if wanted != "kernel" and axes[1] is None:
        return _over_batches(find, lhs, rhs), 0
    mapped = {i: x for i, x in enumerate((lhs, rhs)) if axes[i] is not None}
    native = partial(_convolve, wanted=wanted, window=window)
    each = lambda find: lambda xs: find(xs.get(0, lhs), xs.get(1, rhs))
    one_by_one, at_once = partial(jax.lax.map, each(find)), jax.vmap(each(native))
    return jax.lax.platform_dependent(mapped, cpu=one_by_one, default=at_once), 0


@_form.def_abstract_eval
def _abstract_eval(lhs, rhs, **how):
    return jax.make_jaxpr(partial(_convolve, **how))(lhs, rhs).out_avals[0]


_form.def_impl(jax.jit(_form.bind, static_argnames=("wanted", "window")))
ad.defbilinear(_form, _transpose(0), _transpose(1))
batching.primitive_batchers[_form] = _batch
mlir.register_lowering(_form, mlir.lower_fun(_convolve, False))
_canonical = mlir.lower_fun(partial(_convolve, canonical=True), False)
mlir.register_lowering(_form, _canonical, platform="cpu")
