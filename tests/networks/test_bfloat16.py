"""Products are computed in bfloat16; variables and outputs stay float32."""

import flax.linen as linen
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import advnet
from advnet import games, losses, modules, networks, priors
from advnet.types import Network, Variables


def plain_network():
    def init(key, x):
        return Variables({"w": jax.random.normal(key, (x.shape[1], 3))})

    def apply(variables, x, *, key, train):
        return x @ variables.params["w"], ()

    return Network(init, apply)


def nnx_dense():
    return lambda rngs: nnx.Linear(4, 3, rngs=rngs)


@pytest.mark.parametrize("make", [plain_network, lambda: linen.Dense(3), nnx_dense])
def test_computes_in_bfloat16_and_stores_float32(make):
    network = networks.in_bfloat16(make())
    x = jax.random.normal(jax.random.key(1), (5, 4))
    variables = network.init(jax.random.key(0), x)
    run = lambda variables, x: network.apply(
        variables, x, key=jax.random.key(0), train=True
    )
    output, _ = run(variables, x)
    assert output.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(variables.params)} == {
        jnp.dtype("float32")
    }
    assert all("bf16" in line for line in product_lines(network, x))
    exact, _ = networks.as_network(make()).apply(
        variables, x, key=jax.random.key(0), train=True
    )
    assert not np.array_equal(output, exact)
    np.testing.assert_allclose(output, exact, rtol=0.05, atol=0.05)


@pytest.mark.ci
def test_batch_statistics_stay_float32():
    network = networks.in_bfloat16(
        modules.MLPGenerator(shape=(2,), hidden=(4,), batch_norm=True)
    )
    z = jnp.ones((3, 5))
    variables = network.init(jax.random.key(0), z)
    with jax.numpy_dtype_promotion("standard"):  # flax mixes bfloat16 and float32
        _, state = network.apply(variables, z, key=jax.random.key(0), train=True)
    assert {leaf.dtype for leaf in jax.tree.leaves(state)} == {jnp.dtype("float32")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_learns_a_gaussian_in_either_precision(seed):
    """The mean 2 and the standard deviation 0.5 are learned to within 0.1."""
    players = (
        modules.MLPGenerator(shape=(1,), hidden=(64, 64), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(64, 64), noise=0.0),
    )
    for wrap in (networks.as_network, networks.in_bfloat16):
        game = games.gan(
            *map(wrap, players),
            priors.normal(2),
            loss=losses.relativistic(),
            terms=[advnet.terms.r1(0.5), advnet.terms.r2(0.5)],
        )
        algorithm = advnet.averaged(
            advnet.alternating(game, optax.adam(1e-3, b1=0.0, b2=0.9))
        )
        draw = lambda step: 2 + 0.5 * jax.random.normal(jax.random.key(step), (128, 1))
        with jax.numpy_dtype_promotion("standard"):
            state = algorithm.init(jax.random.key(seed), draw(0))
            state = advnet.fit(algorithm, state, draw, num_steps=4000)
        x = advnet.sample(game, state, jax.random.key(9), 20_000, average=True)
        np.testing.assert_allclose([x.mean(), x.std()], [2, 0.5], atol=0.1)


def product_lines(network, *inputs):
    """Return the lines of the jaxpr that multiply matrices or convolve."""
    variables = network.init(jax.random.key(0), *inputs)
    run = lambda variables, *inputs: network.apply(
        variables, *inputs, key=jax.random.key(0), train=True
    )
    lines = str(jax.make_jaxpr(run)(variables, *inputs)).splitlines()
    lines = [x for x in lines if "dot_general" in x or "advnet_convolution" in x]
    assert lines
    return lines


@pytest.mark.ci
def test_one_hot_classes_and_masks_are_bfloat16():
    x, label, mask = jnp.ones((2, 4)), jnp.array([1, 2]), jnp.ones((2, 4), bool)
    critic = modules.Concatenate(linen.Dense(1), num_classes=10)
    trunk = modules.MLPDiscriminator(hidden=(8,), noise=0.0, features=True)
    projection = modules.Projection(trunk, num_classes=10)
    lines = product_lines(networks.in_bfloat16(critic), x, label, mask)
    lines += product_lines(networks.in_bfloat16(projection), x, label)
    assert all("bf16" in line and "f32[" not in line for line in lines), lines


@pytest.mark.ci
def test_spectrally_normalized_convolutions_are_bfloat16():
    critic = modules.DCGANDiscriminator(channels=(4, 8), normalization="spectral")
    with jax.numpy_dtype_promotion("standard"):  # flax mixes bfloat16 and float32
        lines = product_lines(networks.in_bfloat16(critic), jnp.ones((2, 8, 8, 1)))
    lines = [line for line in lines if "advnet_convolution" in line]
    assert len(lines) == 2
    assert all(":bf16[" in line for line in lines), lines
