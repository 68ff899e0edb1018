"""Test of CONTRIBUTING.md: the skeletons run, and agree with what they state."""

import doctest

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from documents import ROOT, python_code, run_code

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def skeletons():
    return run_code(python_code(ROOT / "CONTRIBUTING.md"), "CONTRIBUTING.md")


def test_docstring_examples_run(skeletons):
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    names = ("exponential", "logit_drift", "nearest_distance")
    for name in names:
        for test in finder.find(skeletons[name], name, globs=skeletons):
            assert test.examples
            assert runner.run(test).failed == 0, name


def test_loss_agrees_with_its_theory(skeletons):
    loss = skeletons["exponential"]()
    p, q = jnp.array([0.1, 0.2, 0.7]), jnp.array([0.5, 0.3, 0.2])
    logits = loss.theory.optimal_logit(p, q)
    risk = (p * jnp.exp(-logits) + q * jnp.exp(logits)).sum()
    np.testing.assert_allclose(
        loss.discriminator(logits, logits), jnp.exp(-logits) + jnp.exp(logits)
    )
    np.testing.assert_allclose(risk, 2.0 - loss.theory.divergence(p, q), rtol=1e-6)


def test_game_trains_and_samples(skeletons):
    assert skeletons["clean"].shape == (16, 2)
    assert "discriminator/logit_drift" in skeletons["metrics"]
    leaves = jax.tree.leaves(skeletons["metrics"])
    assert all(bool(jnp.isfinite(leaf)) for leaf in leaves)


def test_metric_has_a_standard_error(skeletons):
    x = np.random.default_rng(0).normal(size=(2, 50, 3))
    result = skeletons["nearest_distance"](x[0], x[1])
    assert result.standard_error > 0
    assert (result.num_real, result.num_fake) == (50, 50)


def test_recipe_has_all_fields(skeletons):
    recipe = skeletons["small_gan"](np.zeros((10, 2), np.float32))
    assert recipe.about == "a small GAN for vectors"
