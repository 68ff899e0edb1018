"""Convolution primitive that is fast on every platform and closed under derivatives.

A strided convolution belongs to a form that is linear in three arrays,

    T(image, kernel, output) = sum over n, i, a, c, f of
        image[n, stride * i + a - low, c] * kernel[a, c, f] * output[n, i, f].

Every computation takes two of the arrays and returns the third: a convolution returns
the output, a transposed convolution the image, and a gradient by the kernel the kernel.
A single primitive is therefore closed under differentiation of every order and mode,
and each platform has its own lowering.

GPUs and TPUs get the convolution of JAX's own rules. XLA's CPU backend runs naive
loops, 10 to 100 times slower (jaxlib 0.10 and 0.11), in three cases:

- in `lax.scan`, for all orders of dimensions but one;
- for a window larger than its image, which XLA swaps with the image and reverses;
- for the groups that `jax.vmap` makes of a batch of kernels.

The CPU lowering therefore uses images NHWC, windows HWIO that are not larger than the
image, and one kernel at a time.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jax.sharding import NamedSharding, PartitionSpec


class Window(NamedTuple):
    """Geometry of the form T; each field has one entry per axis (h, w)."""

    strides: tuple[int, ...]
    low: tuple[int, ...]  # zeros before the image
    image: tuple[int, ...]
    kernel: tuple[int, ...]
    output: tuple[int, ...]


def flatten_batch(function: Callable, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Apply `function` to images with any number of axes before [h, w, c]."""
    batch = lhs.shape[:-3]
    y = function(lhs.reshape(math.prod(batch), *lhs.shape[-3:]), rhs)
    return y.reshape(*batch, *y.shape[1:])


_primitive = Primitive("advnet_convolution")

# For each result: the two operands (the second slides over the first), the dimensions
# of both and of the result, and the option of the convolution that holds the strides.
_ROLES = {
    "output": (("image", "kernel"), ("NHWC", "HWIO", "NHWC"), "window_strides"),
    "image": (("output", "kernel"), ("NHWC", "HWOI", "NHWC"), "lhs_dilation"),
    "kernel": (("image", "output"), ("CHWN", "IHWO", "HWNC"), "rhs_dilation"),
}


def contract(result: str, window: Window, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
    """Compute an array of the form T from the two other arrays.

    Args:
      result: "output", "image" or "kernel".
      window: Geometry of the form.
      lhs: The image, or the output if the result is the image.
      rhs: The kernel, or the output if the result is the kernel.

    Returns:
      The array `result`.
    """
    # Inside jax.shard_map the derivative of a replicated operand is a sum over shards.
    axes = [jax.typeof(x).manual_axis_type.varying for x in (lhs, rhs)]
    lhs = jax.lax.pcast(lhs, tuple(axes[1] - axes[0]), to="varying")
    rhs = jax.lax.pcast(rhs, tuple(axes[0] - axes[1]), to="varying")
    return _primitive.bind(lhs, rhs, result=result, window=window)


def _lower(lhs, rhs, *, result: str, window: Window, canonical: bool = False):
    """Compute `result` by the convolution of JAX's own rules or by the CPU form."""
    _, specs, stride = _ROLES[result]
    options: dict[str, Any] = {"window_strides": (1, 1), stride: window.strides}
    options |= {"padding": _padding(result, window), "dimension_numbers": specs}
    if result == "image":
        rhs = jax.lax.rev(rhs, (0, 1))
    if result == "kernel":  # A kernel is replicated if the mesh is explicit.
        mesh = jax.typeof(lhs).sharding.mesh
        options["out_sharding"] = NamedSharding(mesh, PartitionSpec())
    if not canonical:
        return jax.lax.conv_general_dilated(lhs, rhs, **options)
    options["dimension_numbers"] = ("NHWC", "HWIO", "NHWC")
    lhs = lhs.transpose([specs[0].index(axis) for axis in "NHWC"])
    rhs = rhs.transpose([specs[1].index(axis) for axis in "HWIO"])
    y = jax.lax.conv_general_dilated(_fit(lhs, rhs, options), rhs, **options)
    return y.transpose(["NHWC".index(axis) for axis in specs[2]])


def _padding(result: str, window: Window) -> np.ndarray:
    """Compute the padding of the first operand, [axis, end]."""
    strides, low, image, kernel, output = map(np.array, window)
    high = (output - 1) * strides + kernel - image - low
    if result == "output":
        high = np.maximum(high, 0)
    if result == "image":
        low, high = kernel - 1 - low, kernel - 1 - high
    return np.stack([low, high], axis=1)


def _fit(image: jax.Array, window: jax.Array, options: dict[str, Any]) -> jax.Array:
    """Crop negative padding, and pad explicitly if the window exceeds the image."""
    low, high = options["padding"].T
    step = options.get("lhs_dilation", 1)
    # XLA reads outside the image for padding that is negative below, positive above.
    crop = np.maximum(-(low // step), 0)
    image = image[:, crop[0] :, crop[1] :]
    sides, sizes = np.array(image.shape[1:3]), np.array(window.shape[:2])
    grow = np.maximum(sizes - sides, 0) * (sizes.prod() > sides.prod())
    options["padding"] = np.stack([low + crop * step, high - grow * step], axis=1)
    if not grow.any():
        return image
    image = jnp.pad(image, ((0, 0), (0, grow[0]), (0, grow[1]), (0, 0)))
    # The barrier stops XLA from folding the zeros back into the convolution.
    return jax.lax.optimization_barrier(image)


def _transpose(side: int) -> Callable:
    """Build the transpose rule of the operand `side`."""

    def rule(cotangent, *operands, result, window):
        names = _ROLES[result][0]
        arrays = {result: cotangent, names[1 - side]: operands[1 - side]}
        pair = (arrays[name] for name in _ROLES[names[side]][0])
        return contract(names[side], window, *pair)

    return rule


def _batch(operands, axes, *, result: str, window: Window):
    """Merge a batch of images into one; map over kernels on the CPU."""
    operation = partial(contract, result, window)
    front = lambda x, axis: x if axis is None else jnp.moveaxis(x, axis, 0)
    lhs, rhs = map(front, operands, axes)
    if result != "kernel" and axes[1] is None:
        return flatten_batch(operation, lhs, rhs), 0
    mapped = {i: x for i, x in enumerate((lhs, rhs)) if axes[i] is not None}
    native = partial(_lower, result=result, window=window)
    apply = lambda function: lambda xs: function(xs.get(0, lhs), xs.get(1, rhs))
    loop, vectorized = partial(jax.lax.map, apply(operation)), jax.vmap(apply(native))
    return jax.lax.platform_dependent(mapped, cpu=loop, default=vectorized), 0


@_primitive.def_abstract_eval
def _abstract_eval(lhs, rhs, **options):
    """Compute the shape and type of the result."""
    return jax.make_jaxpr(partial(_lower, **options))(lhs, rhs).out_avals[0]


_primitive.def_impl(jax.jit(_primitive.bind, static_argnames=("result", "window")))
ad.defbilinear(_primitive, _transpose(0), _transpose(1))
batching.primitive_batchers[_primitive] = _batch
mlir.register_lowering(_primitive, mlir.lower_fun(_lower, False))
_lower_cpu = mlir.lower_fun(partial(_lower, canonical=True), False)
mlir.register_lowering(_primitive, _lower_cpu, platform="cpu")
