"""The MNIST recipes, field by field, against the authors' configuration."""

import functools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import recipes, terms

IMAGES = np.random.default_rng(0).uniform(size=(200, 784)).astype(np.float32)
STEPS_PER_EPOCH = 2
R1 = terms.r1


@pytest.fixture(autouse=True)
def _standard_promotion():
    with jax.numpy_dtype_promotion("standard"):  # optax promotes its counters
        yield


RECIPE, TODAY = recipes.mnist_2014(IMAGES), recipes.mnist(IMAGES)
STEP, STEP_TODAY = (jax.jit(r.algorithm.train_step) for r in (RECIPE, TODAY))


@functools.cache
def start(algorithm):
    return jax.jit(algorithm.init)(jax.random.key(0), IMAGES[:100])


def hyperparameters(state, name):
    opt_state = state.players[name].opt_state
    return (opt_state[1] if name == "discriminator" else opt_state).hyperparams


@pytest.mark.parametrize("steps", [0, 100_000])
def test_modern_training_has_a_constant_learning_rate(steps):
    """Adam's first update equals its rate, except for gradients near its epsilon."""
    before = start(TODAY.algorithm)
    # Optax counts updates in the optimizer's state; this library counts state.step.
    assert "ScaleBySchedule" not in str(before.players["generator"].opt_state)
    before = replace(before, step=before.step + steps)
    after, _ = STEP_TODAY(before, IMAGES[:100])
    kernel = lambda state: state.players["generator"].variables.params["Dense_0"]
    update = np.abs(kernel(after)["kernel"] - kernel(before)["kernel"])
    np.testing.assert_allclose(update.max(), 3e-4, rtol=0.05)


@pytest.mark.ci
def test_schedules_of_2014():
    state = start(RECIPE.algorithm)
    for t in range(4):
        state, _ = STEP(state, IMAGES[:100])
        for name in state.players:
            values = hyperparameters(state, name)
            rate = 0.1 / 1.000004**t
            np.testing.assert_allclose(values["learning_rate"], rate, rtol=1e-6)
            momentum = 0.5 + 0.2 * t / (250 * STEPS_PER_EPOCH)
            np.testing.assert_allclose(values["momentum"], momentum, rtol=1e-5)


def test_learning_rate_has_a_floor_and_momentum_a_ceiling():
    state = start(RECIPE.algorithm)
    late = jnp.asarray(10_000_000, jnp.int32)
    generator = state.players["generator"]
    is_count = lambda x: x.dtype == jnp.int32
    opt_state = jax.tree.map(lambda x: late if is_count(x) else x, generator.opt_state)
    players = state.players | {"generator": replace(generator, opt_state=opt_state)}
    state, _ = STEP(replace(state, players=players), IMAGES[:100])
    values = hyperparameters(state, "generator")
    np.testing.assert_allclose(values["learning_rate"], 1e-6)
    np.testing.assert_allclose(values["momentum"], 0.7)


@pytest.mark.ci
def test_the_critics_cost_is_half_of_equation_1():
    """After the first step the velocity is half of D's gradient and all of G's."""
    state, metrics = STEP(start(RECIPE.algorithm), IMAGES[:100])
    for name, share in {"discriminator": 0.5, "generator": 1.0}.items():
        leaves = jax.tree.leaves(state.players[name].opt_state)
        velocity = [leaf for leaf in leaves if leaf.ndim > 0]
        expected = share * metrics[f"{name}/gradient_norm"]
        np.testing.assert_allclose(optax.tree.norm(velocity), expected, rtol=1e-5)


def test_updates_are_simultaneous_or_alternating():
    assert recipes.mnist_2014(IMAGES).batch_size == 100
    assert recipes.mnist_2014(IMAGES, updates="alternating", k=3).batch_size == 300
    with pytest.raises(ValueError, match="got 'both'"):
        recipes.mnist_2014(IMAGES, updates="both")


def test_output_starts_at_the_pixel_means():
    state = start(RECIPE.algorithm)
    bias = state.players["generator"].variables.params["Dense_2"]["bias"]
    np.testing.assert_allclose(jax.nn.sigmoid(bias), IMAGES.mean(axis=0), atol=1e-5)


def test_modern_training_averages_the_generator_over_5000_steps():
    before = start(TODAY.algorithm)
    before = replace(before, step=before.step + 1_000_000)  # young averages are shorter
    after, metrics = STEP_TODAY(before, IMAGES[:100])
    old, new = (state.players["generator"] for state in (before, after))
    leaf = lambda variables: np.asarray(variables.params["Dense_0"]["kernel"], float)
    expected = 0.9998 * leaf(old.average) + 0.0002 * leaf(new.variables)
    assert (leaf(old.variables) != leaf(new.variables)).any()
    np.testing.assert_allclose(leaf(new.average), expected, atol=1e-8)
    assert metrics["discriminator/r1"] > 0


@pytest.mark.parametrize(("num", "weight"), [(4_000, 0.3), (20_000, 0.1)])
def test_modern_training_penalizes_less_with_more_examples(monkeypatch, num, weight):
    weights = []
    monkeypatch.setattr(
        terms, "r1", lambda weight: weights.append(weight) or R1(weight)
    )
    recipes.mnist(np.zeros((num, 784), np.float32))
    recipes.mnist(np.zeros((num, 784), np.float32), penalty=5.0)
    assert weights == [weight, 5.0]
