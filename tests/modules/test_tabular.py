"""Generator and packed critic for tables."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import modules

KEY = jax.random.key(0)


def draw(num=4000, **options):
    """Return the generator, its variables, noise and rows."""
    generator = modules.TabularGenerator(
        numbers=1, blocks=(3, 2), hidden=(8,), **options
    )
    z = jax.random.normal(KEY, (num, 4 + 5))
    label = jnp.zeros(num, jnp.int32)
    inputs = (z, label) if generator.condition is not None else (z,)
    variables = generator.init(jax.random.key(1), *inputs)
    return generator, variables, inputs, generator.apply(variables, *inputs)


def test_categories_are_drawn_from_the_softmax_of_the_logits():
    generator, variables, _, _ = draw()
    params = jax.tree.map(jnp.zeros_like, variables["params"])
    logits = jnp.log(jnp.array([0.5, 0.2, 0.3, 0.9, 0.1]))
    params["Dense_1"]["bias"] = jnp.concatenate([jnp.zeros(1), logits])
    z = jax.random.normal(KEY, (20_000, 9))
    rows = np.asarray(generator.apply({"params": params}, z))
    np.testing.assert_allclose(
        rows[:, 1:].mean(axis=0), [0.5, 0.2, 0.3, 0.9, 0.1], atol=0.015
    )
    assert set(np.unique(rows[:, 1:]).round(6)) == {0.0, 1.0}


def test_rows_depend_on_the_noise_alone():
    generator, variables, inputs, rows = draw(num=8)
    np.testing.assert_array_equal(generator.apply(variables, *inputs), rows)


def test_gradients_pass_through_hard_draws():
    generator, variables, (z,), _ = draw(num=50)
    weights = jnp.arange(6.0)

    def mean(params):
        return (generator.apply({"params": params}, z) @ weights).mean()

    gradient = jax.grad(mean)(variables["params"])["Dense_1"]["bias"]
    assert float(jnp.abs(gradient[1:]).min()) > 1e-4


def test_soft_rows_are_probabilities():
    _, _, _, rows = draw(hard=False, temperature=0.5)
    np.testing.assert_allclose(rows[:, 1:4].sum(axis=1), 1, rtol=1e-5)
    assert 0 < float(rows[:, 1:4].min()) < 0.1


def test_the_condition_is_a_part_of_the_row():
    generator, variables, (z, _), _ = draw(num=6, condition=0)
    label = jnp.array([0, 1, 2, 0, 1, 2])
    rows = generator.apply(variables, z, label)
    np.testing.assert_array_equal(rows[:, 1:4], jax.nn.one_hot(label, 3))


def test_packed_critic_sees_groups():
    critic = modules.Packed(nn.Dense(1), size=2)
    x = jnp.arange(12.0).reshape(6, 2)
    variables = critic.init(KEY, x)
    kernel = variables["params"]["network"]["kernel"]
    np.testing.assert_allclose(
        critic.apply(variables, x), x.reshape(3, 4) @ kernel, rtol=1e-6
    )
    with pytest.raises(ValueError, match="multiple of 2, got 3 examples"):
        critic.apply(variables, x[:3])
