"""Conversion of flax modules and plain functions to networks."""

import functools

import contracts
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from advnet import networks
from advnet.types import Network, Variables

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (16, 2))
CRITICS = {"linen": contracts.LinenCritic(), "nnx": contracts.NNXCritic}

each_kind = pytest.mark.parametrize("kind", CRITICS)


@each_kind
def test_batch_statistics_are_state_and_change_in_training_only(kind):
    network = networks.as_network(CRITICS[kind])
    variables = network.init(KEY, X)
    assert jax.tree.leaves(variables.state)
    _, training_state = network.apply(variables, X, key=KEY, train=True)
    _, inference_state = network.apply(variables, X, key=KEY, train=False)
    unchanged = lambda state: all(
        jax.tree.leaves(jax.tree.map(np.array_equal, state, variables.state))
    )
    assert not unchanged(training_state)
    assert unchanged(inference_state)


@each_kind
def test_dropout_depends_on_the_key_and_is_off_in_inference(kind):
    network = networks.as_network(CRITICS[kind])
    variables = network.init(KEY, X)
    apply = lambda key, train: network.apply(variables, X, key=key, train=train)
    features = lambda key, train: apply(key, train)[0][1]
    new_key = jax.random.key(9)
    np.testing.assert_array_equal(features(KEY, True), features(KEY, True))
    assert (features(KEY, True) != features(new_key, True)).any()
    np.testing.assert_array_equal(features(KEY, False), features(new_key, False))


@each_kind
def test_variables_are_plain_containers_of_arrays(kind):
    variables = networks.as_network(CRITICS[kind]).init(KEY, X)
    assert isinstance(variables.params, dict)
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(variables))


def test_nnx_modules_with_containers():
    class Stack(nnx.Module):
        def __init__(self, *, rngs):
            self.layers = nnx.List([nnx.Linear(2, 2, rngs=rngs) for _ in range(3)])

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    network = networks.from_nnx(functools.partial(Stack))
    variables = network.init(KEY, X)
    output, _ = network.apply(variables, X, key=KEY, train=True)
    expected = Stack(rngs=nnx.Rngs(KEY))(X)
    np.testing.assert_allclose(output, expected, rtol=1e-6)


def test_linen_deterministic_is_the_opposite_of_train():
    class Deterministic(nn.Module):
        @nn.compact
        def __call__(self, x, deterministic):
            return x * (0.0 if deterministic else 1.0)

    network = networks.from_linen(Deterministic())
    variables = network.init(KEY, X)
    assert network.apply(variables, X, key=KEY, train=True)[0].any()
    assert not network.apply(variables, X, key=KEY, train=False)[0].any()


def test_linen_streams_of_any_name():
    class Noisy(nn.Module):
        @nn.compact
        def __call__(self, x):
            noise = jax.random.normal(self.make_rng("noise"), x.shape)
            mask = jax.random.bernoulli(self.make_rng("dropout"), 0.5, x.shape)
            return jnp.where(mask, noise, 0.0)

    network = networks.from_linen(Noisy())
    output, _ = network.apply(network.init(KEY, X), X, key=KEY, train=True)
    assert output.shape == X.shape


def test_output_range_is_copied_from_the_module():
    class Bounded(nnx.Module):
        output_range = (0.0, 1.0)

        def __init__(self, *, rngs):
            pass

    assert networks.from_nnx(Bounded).output_range == (0.0, 1.0)
    assert networks.as_network(nn.Dense(1)).output_range is None


def test_a_network_is_returned_unchanged():
    network = Network(lambda key: Variables(()), lambda *_, **__: (None, ()))
    assert networks.as_network(network) is network


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: networks.from_nnx(nn.Dense(3)), "instance of Dense.*from_linen"),
        (
            lambda: networks.as_network(nnx.Linear(2, 2, rngs=nnx.Rngs(0))),
            r"expects a factory .*lambda rngs: Linear\(\.\.\., rngs=rngs\)",
        ),
        (lambda: networks.from_linen(nnx.Linear), "module instance, such as nn.Dense"),
        (lambda: networks.as_network((1, 2)), r"a pair of functions .* got \(1, 2\)"),
        (
            lambda: networks.as_network(nn.Dense),
            r"got the class Dense\. Create an instance: Dense\(\.\.\.\)",
        ),
        (lambda: networks.as_network(3), r"a pair of functions \(init, apply\); got 3"),
    ],
)
def test_unsupported_sources(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_abstract_init_allocates_no_memory():
    """Initialize 10^8 weights under eval_shape."""
    network = networks.from_nnx(lambda rngs: nnx.Linear(10_000, 10_000, rngs=rngs))
    shapes = jax.eval_shape(network.init, KEY)
    assert shapes.params["kernel"].shape == (10_000, 10_000)
    assert jnp.issubdtype(shapes.params["kernel"].dtype, jnp.float32)
