"""Penalties in closed form: a linear critic w = (3, 4) has gradient norm 5."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import terms
from advnet.types import Comparison, View

W = jnp.array([3.0, 4.0])
KEY = jax.random.key(0)


def make_view(critic, real, fake):
    return View(
        play=None,
        critic=critic,
        comparison=Comparison((real,), (fake,)),
        real_output=None,
        fake_output=None,
        real_logits=critic(real),
        fake_logits=critic(fake),
        batch=real,
        key=KEY,
    )


linear = lambda x: x @ W
quadratic = lambda x: (x**2).sum(axis=1) / 2
REAL, FAKE = jnp.zeros((6, 2)), jnp.ones((6, 2))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (terms.gradient_penalty(), 16),
        (terms.gradient_penalty(target=0.0), 25),
        (terms.dragan(), 16),
        (terms.r1(), 25),
        (terms.r2(), 25),
    ],
)
def test_linear_critic(term, expected):
    np.testing.assert_allclose(
        term.fn(make_view(linear, REAL, FAKE)), np.full(6, expected), rtol=1e-6
    )


def test_r1_is_at_the_data_and_r2_at_samples():
    """The critic sum(x²)/2 has the gradient norm |x|."""
    view = make_view(quadratic, REAL, 2 * FAKE)
    np.testing.assert_allclose(terms.r1().fn(view), 0)
    np.testing.assert_allclose(terms.r2().fn(view), 8, rtol=1e-6)


def test_epsilon_is_uniform_and_per_example():
    """Between 0 and (2, 2) the gradient norm |x| is uniform on [0, sqrt 8]."""
    num = 20_000
    view = make_view(quadratic, jnp.zeros((num, 2)), jnp.full((num, 2), 2.0))
    norms = jnp.sqrt(terms.gradient_penalty(target=0.0).fn(view)) / 8**0.5
    quantiles = jnp.quantile(norms, jnp.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    np.testing.assert_allclose(quantiles, [0, 0.25, 0.5, 0.75, 1], atol=0.015)


def test_penalty_of_a_constant_critic_has_a_finite_gradient():
    """The gradient of the norm is infinite at 0."""

    def penalty(w):
        view = make_view(lambda x: x @ w, REAL, FAKE)
        return terms.gradient_penalty().fn(view).sum()

    assert jnp.isfinite(jax.grad(penalty)(jnp.zeros(2))).all()


def test_dragan_stays_near_the_data():
    """The noise is at most c * std(x) in each coordinate."""
    real = jax.random.normal(KEY, (1000, 2))
    view = make_view(lambda x: quadratic(x - real), real, real)
    norms = jnp.sqrt(terms.dragan(target=0.0).fn(view))
    assert norms.min() > 0
    assert norms.max() <= 0.5 * real.std() * 2**0.5 * 1.001
