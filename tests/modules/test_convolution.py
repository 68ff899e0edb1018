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

# Sums of up to 300 products of unit normals in a different order differ by at most 300
# rounding errors of 6e-8, relative to the largest sum. Derivatives chain a few sums.
TOLERANCE = 2e-5
IMAGE, KERNEL = (2, 6, 5, 3), (4, 3, 3, 4)

#   sides, kernel, strides, padding
CASES = {
    "halving": ((6, 6), (4, 4), (2, 2), "SAME"),
    "different axes": ((9, 6), (5, 3), (2, 1), "SAME"),
    "stride over kernel": ((5, 4), (2, 2), (3, 3), "SAME"),
    "stride over kernel, valid": ((5, 5), (2, 2), (3, 3), "VALID"),
    "ignored pixels": ((8, 7), (3, 3), (2, 2), "VALID"),
    "the paper's deconvolution": ((10, 10), (5, 5), (3, 3), "VALID"),
    "the paper's convolution": ((9, 9), (8, 8), (1, 1), ((4, 4), (4, 4))),
    "kernel over image": ((4, 4), (5, 5), (2, 2), "SAME"),
    "asymmetric padding": ((6, 5), (4, 4), (2, 2), ((1, 2), (0, 3))),
    "padding over kernel": ((5, 5), (2, 2), (1, 1), ((3, 0), (2, 2))),
    "padding over kernel, strided": ((9, 9), (2, 1), (2, 3), ((4, 3), (2, 2))),
    "kernel over one pixel": ((1, 1), (4, 4), (4, 4), "SAME"),
}
LARGE_KERNELS = [name for name in CASES if name.startswith(("kernel", "the paper"))]


def native_conv(x, kernel, *, strides, padding):
    if not isinstance(padding, str):
        # XLA's CPU backend is wrong for the negative padding in JAX's gradient.
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
each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def assert_close(ours, native):
    leaves = zip(jax.tree.leaves(ours), jax.tree.leaves(native), strict=True)
    for actual, expected in leaves:
        assert actual.dtype == expected.dtype
        actual, expected = np.asarray(actual), np.asarray(expected)
        atol = TOLERANCE * max(np.abs(expected).max(), 1)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


def compute_pair(measure, pair, *arguments, **options):
    """Return `measure` of the library's convolution and of XLA's convolution."""
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
    """Return a gradient penalty, a function of the kernel through a gradient."""
    return jnp.square(jax.grad(partial(loss, convolve))(x, kernel)).sum()


def gradients(function, convolve, *arguments):
    return jax.grad(partial(function, convolve), argnums=(0, 1))(*arguments)


@pytest.mark.parametrize("name", CASES)
@each_pair
def test_value_and_gradients(pair, name):
    sides, size, strides, padding = CASES[name]
    x, kernel = normal(0, 2, *sides, 3), normal(1, *size, 3, 4)
    options = {"strides": strides, "padding": padding}
    assert_close(*compute_pair(value_and_gradients, pair, x, kernel, **options))


def stack_three(x):
    return jnp.stack([x, jnp.cos(x), jnp.sin(x)])


def hessian_vector_product(convolve, x, kernel):
    step = (jnp.cos(x), jnp.cos(kernel))
    return jax.jvp(partial(gradients, loss, convolve), (x, kernel), step)


def gradient_of_derivative(convolve, x, kernel):
    derivative = lambda *point: jax.jvp(partial(loss, convolve), point, (x, kernel))[1]
    return jax.grad(derivative, argnums=(0, 1))(x, kernel)


def gradient_of_vmap(convolve, x, kernel):
    total = lambda *arrays: jax.vmap(partial(penalty, convolve))(*arrays).sum()
    return jax.grad(total, argnums=(0, 1))(*map(stack_three, (x, kernel)))


def in_a_scan(convolve, x, kernel):
    def step(kernel, x):
        return kernel - 1e-3 * gradients(penalty, convolve, x, kernel)[1], None

    return jax.lax.scan(step, kernel, stack_three(x))


TRANSFORMATIONS = {
    "forward mode": lambda f, *point: jax.jvp(f, point, tuple(map(jnp.cos, point))),
    "gradient penalty": partial(gradients, penalty),
    "Hessian-vector product": hessian_vector_product,
    "gradient of a derivative": gradient_of_derivative,
    "remat": lambda f, *point: gradients(loss, jax.checkpoint(f), *point),
    "gradient of vmap": gradient_of_vmap,
    "scan": in_a_scan,
}


@pytest.mark.parametrize(
    "transformation", TRANSFORMATIONS.values(), ids=TRANSFORMATIONS
)
@each_pair
def test_transformations(pair, transformation):
    x, kernel = normal(0, *IMAGE), normal(1, *KERNEL)
    assert_close(*compute_pair(transformation, pair, x, kernel))


@pytest.mark.parametrize("axes", [(0, 0), (2, None), (None, 3)], ids=str)
@each_pair
def test_vmap(pair, axes):
    """Batches of images, of kernels or of images and kernels, along any axis."""
    arrays = [
        x if axis is None else jnp.moveaxis(stack_three(x), 0, axis)
        for x, axis in zip((normal(0, *IMAGE), normal(1, *KERNEL)), axes, strict=True)
    ]
    mapped = lambda f, *arrays: jax.vmap(partial(value_and_gradients, f), axes)(*arrays)
    assert_close(*compute_pair(mapped, pair, *arrays))


@pytest.mark.parametrize("measure", [value_and_gradients, partial(gradients, penalty)])
@pytest.mark.parametrize("strides", [1, 2])
def test_groups_of_channels(strides, measure):
    x, kernel = normal(0, 2, 6, 6, 6), normal(1, 3, 3, 2, 9)
    ours = partial(conv, feature_group_count=3, strides=strides)
    native = partial(
        jax.lax.conv_general_dilated,
        window_strides=(strides, strides),
        padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=3,
    )
    assert_close(measure(ours, x, kernel), measure(native, x, kernel))
    require_fast_convolutions(partial(measure, ours), x, kernel)


def test_transposed_groups_of_channels():
    x, kernel = normal(0, 2, 3, 3, 6), normal(1, 4, 4, 2, 9)
    whole = conv_transpose(x, kernel, strides=2, feature_group_count=3)
    parts = [
        conv_transpose(
            x[..., 2 * i : 2 * i + 2], kernel[..., 3 * i : 3 * i + 3], strides=2
        )
        for i in range(3)
    ]
    assert_close(whole, jnp.concatenate(parts, axis=-1))


def test_layer_with_groups_interchanges_with_flax():
    ours, flax = (layer(6, (3, 3), feature_group_count=3) for layer in (Conv, nn.Conv))
    x = normal(0, 2, 5, 5, 3)
    variables = flax.init(jax.random.key(0), x)
    same = ours.init(jax.random.key(0), x)
    jax.tree.map(np.testing.assert_array_equal, same, variables)
    assert_close(ours.apply(variables, x), flax.apply(variables, x))


def test_groups_must_divide_the_channels():
    with pytest.raises(
        ValueError, match="feature_group_count to divide .* got 4 for 6"
    ):
        conv(jnp.zeros((1, 5, 5, 6)), jnp.zeros((3, 3, 2, 9)), feature_group_count=4)


@each_pair
def test_bfloat16(pair):
    """Sums have more than 8 bits, so results differ by at most the last bit."""
    x, kernel = (jnp.asarray(normal(0, *s), jnp.bfloat16) for s in (IMAGE, KERNEL))
    ours, native = compute_pair(value_and_gradients, pair, x, kernel)
    for actual, expected in zip(ours, native, strict=True):
        assert actual.dtype == expected.dtype == jnp.bfloat16
        actual, expected = (np.asarray(y, np.float32) for y in (actual, expected))
        np.testing.assert_allclose(actual, expected, rtol=2**-7, atol=2**-5)


def test_transposed_is_the_gradient():
    x, kernel, y = normal(0, 2, 7, 6, 3), normal(1, 4, 3, 3, 5), normal(2, 2, 3, 3, 5)
    options = {"strides": 2, "padding": ((0, 1), (1, 0))}

    @jax.jit
    def gradient_and_transpose(x, kernel, y):
        gradient = jax.vjp(lambda x: conv(x, kernel, **options), x)[1](y)[0]
        kernel = kernel[::-1, ::-1].swapaxes(2, 3)
        return gradient, conv_transpose(y, kernel, **options)

    assert_close(*gradient_and_transpose(x, kernel, y))


def require_fast_convolutions(convolve, *arguments):
    """Return the convolutions of the compiled program, and assert that all are fast."""
    text = jax.jit(convolve).lower(*arguments).compile().as_text()
    convolutions = re.findall(r" convolution\(.*", text)
    for line in convolutions:
        assert "dim_labels=b01f_01io->b01f" in line
        assert "reversal" not in line
        assert "feature_group_count" not in line
    return convolutions


@each_pair
def test_cpu_programs_have_fast_convolutions_only(pair):
    x, kernel = normal(0, *IMAGE), normal(1, *KERNEL)
    convolve = partial(pair[0], strides=2)
    # The value, the gradient by the image, and its derivatives by image and kernel.
    assert len(require_fast_convolutions(partial(in_a_scan, convolve), x, kernel)) >= 3
    assert require_fast_convolutions(partial(gradient_of_vmap, convolve), x, kernel)


@pytest.mark.parametrize("name", LARGE_KERNELS)
@each_pair
def test_cpu_programs_have_no_window_larger_than_its_image(pair, name):
    sides, size, strides, padding = CASES[name]
    x, kernel = normal(0, 2, *sides, 3), normal(1, *size, 3, 4)
    convolve = partial(pair[0], strides=strides, padding=padding)
    require_fast_convolutions(partial(value_and_gradients, convolve), x, kernel)


def test_gpu_programs_equal_those_of_jax():
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
    expected = measure(x, kernel)
    with jax.set_mesh(jax.make_mesh((8,), ("data",), axis_types=(axis_type,))):
        split = measure(jax.device_put(x, PartitionSpec("data")), kernel)
        assert split[0].sharding.spec[0] == "data"
    assert_close(jax.device_get(split), jax.device_get(expected))


def test_shard_map():
    x, kernel = normal(0, 8, 6, 5, 3), normal(1, *KERNEL)
    measure = partial(gradients, loss, partial(conv_transpose, strides=2))
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
    data, replicated = PartitionSpec("data"), PartitionSpec()
    split = jax.shard_map(
        measure, mesh=mesh, in_specs=(data, replicated), out_specs=(data, replicated)
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
    same = ours.init(jax.random.key(0), normal(0, *IMAGE))
    jax.tree.map(np.testing.assert_array_equal, same, variables)
    x = normal(1, 2, 3, *IMAGE[1:])
    assert_close(ours.apply(variables, x), flax.apply(variables, x))
    x = x[0, 0]
    assert_close(ours.apply(variables, x), flax.apply(variables, x))


def test_layer_computes_in_its_dtype():
    layer = Conv(4, 3, dtype=jnp.bfloat16)
    y, variables = layer.init_with_output(jax.random.key(0), normal(0, *IMAGE))
    assert y.dtype == jnp.bfloat16
    assert variables["params"]["kernel"].dtype == jnp.float32


@pytest.mark.parametrize(
    ("x", "kernel", "padding", "message"),
    [
        ((5, 5, 2), KERNEL, "SAME", "Expected images"),
        (IMAGE, (3, 4), "SAME", "Expected images"),
        (IMAGE, KERNEL, "CIRCULAR", "Expected padding .* got 'CIRCULAR'"),
        (IMAGE, KERNEL, (1, 1), "Expected padding"),
        (IMAGE, (7, 7, 3, 4), "VALID", "Expected a kernel that fits"),
    ],
)
def test_invalid_arguments(x, kernel, padding, message):
    with pytest.raises(ValueError, match=message):
        conv(jnp.zeros(x), jnp.zeros(kernel), padding=padding)
