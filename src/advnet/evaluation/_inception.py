"""Inception-v3 up to its last pooling, as pure functions of its weights.

This is the variant that defines the Fréchet Inception distance. Averages at the edges
of an image leave the padding out, and the last block pools by a maximum.
"""

from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

SIDE = 299
"""Height and width to which images are resized."""

_EPSILON = 1e-3  # added to the variance in every batch norm
_STEM = (
    "Conv2d_1a_3x3",
    "Conv2d_2a_3x3",
    "Conv2d_2b_3x3",
    "Conv2d_3b_1x1",
    "Conv2d_4a_3x3",
)
# Branches of each kind of block: chains of convolutions, where a pair is parallel.
_BLOCKS = {
    "A": (
        ["1x1"],
        ["5x5_1", "5x5_2"],
        ["3x3dbl_1", "3x3dbl_2", "3x3dbl_3"],
        ["_pool"],
    ),
    "B": (["3x3"], ["3x3dbl_1", "3x3dbl_2", "3x3dbl_3"]),
    "C": (
        ["1x1"],
        ["7x7_1", "7x7_2", "7x7_3"],
        ["7x7dbl_1", "7x7dbl_2", "7x7dbl_3", "7x7dbl_4", "7x7dbl_5"],
        ["_pool"],
    ),
    "D": (["3x3_1", "3x3_2"], ["7x7x3_1", "7x7x3_2", "7x7x3_3", "7x7x3_4"]),
    "E": (
        ["1x1"],
        ["3x3_1", ("3x3_2a", "3x3_2b")],
        ["3x3dbl_1", "3x3dbl_2", ("3x3dbl_3a", "3x3dbl_3b")],
        ["_pool"],
    ),
}
_MIXED = {
    **{f"Mixed_5{letter}": "A" for letter in "bcd"},
    "Mixed_6a": "B",
    **{f"Mixed_6{letter}": "C" for letter in "bcde"},
    "Mixed_7a": "D",
    "Mixed_7b": "E",
    "Mixed_7c": "E",
}
_PARTS = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")

Weights = Mapping[str, jax.Array]
"""Weights by name; `names` lists the names."""


def names() -> list[str]:
    """Return the names of all weights, as in `torchvision` and `pytorch-fid`."""
    layers = list(_STEM)
    for block, kind in _MIXED.items():
        for chain in _BLOCKS[kind]:
            for link in chain:
                layers += [f"{block}.branch{name}" for name in _parallel(link)]
    return [f"{layer}.{part}" for layer in layers for part in _PARTS]


def _parallel(link: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the convolutions that one link of a chain applies."""
    return (link,) if isinstance(link, str) else link


def last_pool(weights: Weights, x: jax.Array) -> jax.Array:
    """Compute features [m, 2048] of images [m, h, w, 3] in [0, 1]."""
    shape = (len(x), SIDE, SIDE, 3)
    x = 2 * jax.image.resize(x, shape, "bilinear", antialias=False) - 1
    conv = partial(_conv, weights)
    for name, stride, padding in zip(
        _STEM[:3], (2, 1, 1), ("VALID", "VALID", "SAME"), strict=True
    ):
        x = conv(name, x, stride, padding)
    x = conv(_STEM[4], conv(_STEM[3], _max_pool(x, 2)), 1, "VALID")
    x = _max_pool(x, 2)
    for block, kind in _MIXED.items():
        x = _block(conv, block, kind, x)
    return x.mean(axis=(1, 2))


def _block(conv: Callable, block: str, kind: str, x: jax.Array) -> jax.Array:
    """Apply the branches of a block and concatenate their channels."""
    shrinks = kind in "BD"
    branches = []
    for chain in _BLOCKS[kind]:
        y = x
        if chain == ["_pool"]:
            y = _max_pool(x, 1) if block == "Mixed_7c" else _average_pool(x)
        for link in chain:
            last = shrinks and link == chain[-1]
            stride, padding = (2, "VALID") if last else (1, "SAME")
            parallel = [
                conv(f"{block}.branch{name}", y, stride, padding)
                for name in _parallel(link)
            ]
            y = jnp.concatenate(parallel, axis=-1)
        branches.append(y)
    if shrinks:
        branches.append(_max_pool(x, 2))
    return jnp.concatenate(branches, axis=-1)


def _conv(
    weights: Weights, name: str, x: jax.Array, stride: int = 1, padding: str = "SAME"
) -> jax.Array:
    """Apply a convolution, its batch norm and a rectifier."""
    kernel, gain, bias, mean, variance = (weights[f"{name}.{part}"] for part in _PARTS)
    scale = gain * jax.lax.rsqrt(variance + _EPSILON)
    y = jax.lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        padding,
        dimension_numbers=("NHWC", "OIHW", "NHWC"),
        # HIGHEST: by default a GPU rounds the factors to 10 bits.
        precision=jax.lax.Precision.HIGHEST,
    )
    channels = (1, 1, 1, -1)
    shift = bias - mean * scale
    return jax.nn.relu(y * scale.reshape(channels) + shift.reshape(channels))


def _max_pool(x: jax.Array, stride: int) -> jax.Array:
    """Compute maxima over 3 x 3 pixels."""
    padding = "VALID" if stride > 1 else "SAME"
    start, window = np.float32(-np.inf), (1, 3, 3, 1)
    strides = (1, stride, stride, 1)
    return jax.lax.reduce_window(x, start, jax.lax.max, window, strides, padding)


def _average_pool(x: jax.Array) -> jax.Array:
    """Compute averages over 3 x 3 pixels, without the padding at the edges."""

    def total(x: jax.Array) -> jax.Array:
        window, strides = (1, 3, 3, 1), (1, 1, 1, 1)
        return jax.lax.reduce_window(
            x, np.float32(0), jax.lax.add, window, strides, "SAME"
        )

    return total(x) / total(jnp.ones_like(x[:1, :, :, :1]))
