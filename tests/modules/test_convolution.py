"""The library's convolutions against XLA's own, under every transformation."""

import re
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

from advnet.modules import Conv, ConvTranspose
from advnet.modules._convolution import conv, conv_transpose

# Sums of up to 300 products of unit normals, in another order: 300 roundings of 6e-8
# each at the very worst, relative to the largest sum. Derivatives have a few in a row.
TOLERANCE = 2e-5
IMAGE, KERNEL = (2, 6, 5, 3), (4, 3, 3, 4)

#   sides, kernel, strides, padding
CASES = {
    "halving": ((6, 6), (4, 4), (2, 2), "SAME"),
    "each axis its own": ((9, 6), (5, 3), (2, 1), "SAME"),
    "stride over kernel": ((5, 4), (2, 2), (3, 3), "SAME"),
    "stride over kernel, valid": ((5, 5), (2, 2), (3, 3), "VALID"),
    "pixels left over": ((8, 7), (3, 3), (2, 2), "VALID"),
    "the paper's deconvolution": ((10, 10), (5, 5), (3, 3), "VALID"),
    "the paper's convolution": ((9, 9), (8, 8), (1, 1), ((4, 4), (4, 4))),
    "kernel over image": ((4, 4), (5, 5), (2, 2), "SAME"),
    "lopsided": ((6, 5), (4, 4), (2, 2), ((1, 2), (0, 3))),
    "padding over kernel": ((5, 5), (2, 2), (1, 1), ((3, 0), (2, 2))),
    "padding over kernel, strided": ((9, 9), (2, 1), (2, 3), ((4, 3), (2, 2))),
    "kernel over one pixel": ((1, 1), (4, 4), (4, 4), "SAME"),
}
LARGE_KERNELS = [name for name in CASES if name.startswith(("kernel", "the paper"))]


def native_conv(x, kernel, *, strides, padding):
    if not isinstance(padding, str):
        # XLA's CPU backend errs where JAX's gradient has negative padding, so none.
        x, padding = jnp.pad(x, ((0, 0), *padding, (0, 0))), "VALID"
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def native_conv_transpose(x, kernel, *, strides, padding):
    if isinstance(padding, str):
        return jax.lax.conv_transpose(x, kernel, strides, padding)
    around = [(size - 1, size - 1) for size in kernel.shape[:2]]
    y = jax.lax.conv_transpose(x, kernel, strides, around)
    (top, bottom), (left, right) = padding
    return y[:, top : y.shape[1] - bottom, left : y.shape[2] - right]


PAIRS = {
    "conv": (conv, native_conv),
    "conv_transpose": (conv_transpose, native_conv_transpose),
}
both = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def assert_close(ours, native):
    for got, want in zip(jax.tree.leaves(ours), jax.tree.leaves(native), strict=True):
        assert got.dtype == want.dtype
        got, want = np.asarray(got), np.asarray(want)
        atol = TOLERANCE * max(np.abs(want).max(), 1)
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def both_ways(measure, pair, *arguments, **options):
    """What `measure` finds of the library's convolution, and of XLA's."""
    options = {"strides": (2, 2), "padding": "SAME"} | options
    return [
        jax.jit(partial(measure, partial(convolve, **options)))(*arguments)
        for convolve in pair
    ]


def value_and_gradients(convolve, x, kernel):
    y, pull = jax.vjp(convolve, x, kernel)
    return y, *pull(jnp.cos(y))


def loss(convolve, x, kernel):
    return jnp.sin(convolve(x, kernel)).sum()


def penalty(convolve, x, kernel):
    """A gradient penalty: the kernel is reached through the gradient by the image."""
    return jnp.square(jax.grad(partial(loss, convolve))(x, kernel)).sum()


def gradients(function, convolve, *arguments):
    return jax.grad(partial(function, convolve), argnums=(0, 1))(*arguments)


@pytest.mark.parametrize("name", CASES)
@both
def test_value_and_gradients(pair, name):
    sides, size, strides, padding = CASES[name]
    x, kernel = normal(0, 2, *sides, 3), normal(1, *size, 3, 4)
    options = {"strides": strides, "padding": padding}
    assert_close(*both_ways(value_and_gradients, pair, x, kernel, **options))


def three_seeds(x):
    return jnp.stack([x, jnp.cos(x), jnp.sin(x)])


def hessian_vector_product(convolve, x, kernel):
    step = (jnp.cos(x), jnp.cos(kernel))
    return jax.jvp(partial(gradients, loss, convolve), (x, kernel), step)


def gradient_of_derivative(convolve, x, kernel):
    slope = lambda *at: jax.jvp(partial(loss, convolve), at, (x, kernel))[1]
    return jax.grad(slope, argnums=(0, 1))(x, kernel)


def gradient_of_vmap(convolve, x, kernel):
    total = lambda *seeds: jax.vmap(partial(penalty, convolve))(*seeds).sum()
    return jax.grad(total, argnums=(0, 1))(*map(three_seeds, (x, kernel)))


def in_a_scan(convolve, x, kernel):
    def step(kernel, x):
        return kernel - 1e-3 * gradients(penalty, convolve, x, kernel)[1], None

    return jax.lax.scan(step, kernel, three_seeds(x))


TRANSFORMATIONS = {
    "forward mode": lambda f, *at: jax.jvp(f, at, tuple(map(jnp.cos, at))),
    "gradient penalty": partial(gradients, penalty),
    "Hessian-vector product": hessian_vector_product,
    "gradient of a derivative": gradient_of_derivative,
    "remat": lambda f, *at: gradients(loss, jax.checkpoint(f), *at),
    "gradient of vmap": gradient_of_vmap,
    "scan": in_a_scan,
}


@pytest.mark.parametrize(
    "transformation", TRANSFORMATIONS.values(), ids=TRANSFORMATIONS
)
@both
def test_transformations(pair, transformation):
    x, kernel = normal(0, *IMAGE), normal(1, *KERNEL)
    assert_close(*both_ways(transformation, pair, x, kernel))


@pytest.mark.parametrize("axes", [(0, 0), (2, None), (None, 3)], ids=str)
@both
def test_seeds(pair, axes):
    """Batches of images, of kernels and of both, on whichever axis."""
    at = [
        x if axis is None else jnp.moveaxis(three_seeds(x), 0, axis)
        for x, axis in zip((normal(0, *IMAGE), normal(1, *KERNEL)), axes, strict=True)
    ]
    seeds = lambda f, *at: jax.vmap(partial(value_and_gradients, f), axes)(*at)
    assert_close(*both_ways(seeds, pair, *at))


@both
def test_bfloat16(pair):
    """Sums are kept in more than 8 bits; the result differs in its last, if at all."""
    x, kernel = (jnp.asarray(normal(0, *s), jnp.bfloat16) for s in (IMAGE, KERNEL))
    ours, native = both_ways(value_and_gradients, pair, x, kernel)
    for got, want in zip(ours, native, strict=True):
        assert got.dtype == want.dtype == jnp.bfloat16
        got, want = np.asarray(got, np.float32), np.asarray(want, np.float32)
        np.testing.assert_allclose(got, want, rtol=2**-7, atol=2**-5)


def test_transposed_is_the_gradient():
    x, kernel, y = normal(0, 2, 7, 6, 3), normal(1, 4, 3, 3, 5), normal(2, 2, 3, 3, 5)
    how = {"strides": 2, "padding": ((0, 1), (1, 0))}

    @jax.jit
    def both_forms(x, kernel, y):
        gradient = jax.vjp(lambda x: conv(x, kernel, **how), x)[1](y)[0]
        return gradient, conv_transpose(y, kernel[::-1, ::-1].swapaxes(2, 3), **how)

    assert_close(*both_forms(x, kernel, y))


def canonical(convolve, *arguments):
    """Asserts that the compiled program has no convolution but the fast ones."""
    text = jax.jit(convolve).lower(*arguments).compile().as_text()
    convolutions = re.findall(r" convolution\(.*", text)
    for line in convolutions:
        assert "dim_labels=b01f_01io->b01f" in line
        assert "reversal" not in line
        assert "feature_group_count" not in line
    return convolutions


@both
def test_a_cpu_never_gets_a_slow_form(pair):
    x, kernel = normal(0, *IMAGE), normal(1, *KERNEL)
    convolve = partial(pair[0], strides=2)
    # The value, the gradient by the image, and the derivatives of it by both.
    assert len(canonical(partial(in_a_scan, convolve), x, kernel)) >= 3
    assert canonical(partial(gradient_of_vmap, convolve), x, kernel)


@pytest.mark.parametrize("name", LARGE_KERNELS)
@both
def test_a_cpu_never_gets_a_window_larger_than_its_image(pair, name):
    sides, size, strides, padding = CASES[name]
    x, kernel = normal(0, 2, *sides, 3), normal(1, *size, 3, 4)
    convolve = partial(pair[0], strides=strides, padding=padding)
    canonical(partial(value_and_gradients, convolve), x, kernel)


def test_other_platforms_get_what_jax_would_have_given_them():
    def convolutions(convolve):
        measure = partial(gradients, loss, partial(convolve, strides=(2, 2)))
        traced = jax.jit(measure).trace(normal(0, *IMAGE), normal(1, *KERNEL))
        text = traced.lower(lowering_platforms=("cuda",)).as_text()
        assert "stablehlo.transpose" not in text
        return sorted(re.findall(r"stablehlo\.convolution.*? (dim_.*)", text))

    ours = convolutions(conv)
    assert len(ours) == 3
    assert ours == convolutions(partial(native_conv, padding="SAME"))


@pytest.mark.parametrize("axis_type", [AxisType.Auto, AxisType.Explicit])
def test_sharded_over_the_batch(axis_type):
    x, kernel = normal(0, 8, 6, 5, 3), normal(1, *KERNEL)
    measure = jax.jit(partial(gradients, penalty, partial(conv, strides=2)))
    alone = measure(x, kernel)
    with jax.set_mesh(jax.make_mesh((8,), ("data",), axis_types=(axis_type,))):
        split = measure(jax.device_put(x, PartitionSpec("data")), kernel)
        assert split[0].sharding.spec[0] == "data"
    assert_close(jax.device_get(split), jax.device_get(alone))


def test_shard_map():
    x, kernel = normal(0, 8, 6, 5, 3), normal(1, *KERNEL)
    measure = partial(gradients, loss, partial(conv_transpose, strides=2))
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
    data, everywhere = PartitionSpec("data"), PartitionSpec()
    split = jax.shard_map(
        measure, mesh=mesh, in_specs=(data, everywhere), out_specs=(data, everywhere)
    )
    assert_close(jax.jit(split)(x, kernel), jax.jit(measure)(x, kernel))


LAYERS = {"Conv": (Conv, nn.Conv), "ConvTranspose": (ConvTranspose, nn.ConvTranspose)}


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_layers_interchange_with_flax(layers, padding, use_bias):
    options = {"strides": (2, 2), "padding": padding, "use_bias": use_bias}
    ours, flax = (layer(4, (4, 3), **options) for layer in layers)
    variables = flax.init(jax.random.key(0), normal(0, *IMAGE))
    own = ours.init(jax.random.key(0), normal(0, *IMAGE))
    jax.tree.map(np.testing.assert_array_equal, own, variables)
    x = normal(1, 2, 3, *IMAGE[1:])
    assert_close(ours.apply(variables, x), flax.apply(variables, x))
    x = x[0, 0]
    assert_close(ours.apply(variables, x), flax.apply(variables, x))


def test_layer_computes_in_the_type_asked_for():
    layer = Conv(4, 3, dtype=jnp.bfloat16)
    y, variables = layer.init_with_output(jax.random.key(0), normal(0, *IMAGE))
    assert y.dtype == jnp.bfloat16
    assert variables["params"]["kernel"].dtype == jnp.float32


@pytest.mark.parametrize(
    ("x", "kernel", "padding", "message"),
    [
        ((5, 5, 2), KERNEL, "SAME", "Expected images"),
        (IMAGE, (3, 3, 4), "SAME", "Expected images"),
        (IMAGE, KERNEL, "CIRCULAR", "Expected padding .* got 'CIRCULAR'"),
        (IMAGE, KERNEL, (1, 1), "Expected padding"),
        (IMAGE, (7, 7, 3, 4), "VALID", "Expected a kernel that fits"),
    ],
)
def test_mistakes(x, kernel, padding, message):
    with pytest.raises(ValueError, match=message):
        conv(jnp.zeros(x), jnp.zeros(kernel), padding=padding)
