"""Closed forms: a linear critic w = (3, 4) has slope 5 everywhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import terms
from advnet.types import Comparison, View

W = jnp.array([3.0, 4.0])
KEY = jax.random.key(0)


def view(critic, real, fake, given=()):
    return View(
        play=None,
        critic=critic,
        comparison=Comparison((real,), (fake,), given),
        real_output=None,
        fake_output=None,
        real_logits=critic(real),
        fake_logits=critic(fake),
        batch=real,
        key=KEY,
    )


linear = lambda x: x @ W
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
        term.fn(view(linear, REAL, FAKE)), np.full(6, expected), rtol=1e-6
    )


def test_each_looks_at_its_own_place():
    """The critic sum(x²)/2 has the slope |x|."""
    bowl = lambda x: (x**2).sum(axis=1) / 2
    shown = view(bowl, REAL, 2 * FAKE)
    np.testing.assert_allclose(terms.r1().fn(shown), 0)
    np.testing.assert_allclose(terms.r2().fn(shown), 8, rtol=1e-6)


def test_epsilon_is_uniform_and_per_example():
    """Between 0 and (2, 2) the slope of the bowl is epsilon-uniform on [0, sqrt 8]."""
    bowl = lambda x: (x**2).sum(axis=1) / 2
    num = 20_000
    shown = view(bowl, jnp.zeros((num, 2)), jnp.full((num, 2), 2.0))
    slopes = jnp.sqrt(terms.gradient_penalty(target=0.0).fn(shown)) / 8**0.5
    quantiles = jnp.quantile(slopes, jnp.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    np.testing.assert_allclose(quantiles, [0, 0.25, 0.5, 0.75, 1], atol=0.015)


def test_flat_critic_has_finite_gradients():
    """The norm's own gradient is infinite at 0."""
    gradient = jax.grad(
        lambda w: terms.gradient_penalty().fn(view(lambda x: x @ w, REAL, FAKE)).sum()
    )(jnp.zeros(2))
    assert jnp.isfinite(gradient).all()


def test_dragan_stays_near_the_data():
    """Disturbed by at most c · std(x) in each coordinate."""
    bowl = lambda x: (x**2).sum(axis=1) / 2
    real = jax.random.normal(KEY, (1000, 2))
    shown = view(lambda x: bowl(x - real), real, real)
    slopes = jnp.sqrt(terms.dragan(target=0.0).fn(shown))
    assert slopes.min() > 0
    assert slopes.max() <= 0.5 * real.std() * 2**0.5 * 1.001
