"""The window of samples that are drawn when needed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import parzen

RNG = np.random.default_rng(0)


def test_stream_equals_the_window_of_all_its_samples():
    x = RNG.normal(size=(33, 5)).astype(np.float32)
    draw = lambda key, num: jax.random.normal(key, (num, 5))
    key = jax.random.key(0)
    actual = parzen.log_density_of_stream(
        draw, x, [0.3, 0.5], num_samples=400, key=key, draw_size=100, batch_size=10
    )
    samples = jnp.concatenate(
        [draw(draw_key, 100) for draw_key in jax.random.split(key, 4)]
    )
    expected = parzen.log_density(samples, x, [0.3, 0.5])
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-4)


def test_stream_reaches_the_closed_form():
    """A million samples of N(0, I_2) with sigma 0.2 give N(0, 1.04 I_2)."""
    draw = lambda key, num: jax.random.normal(key, (num, 2))
    density = parzen.log_density_of_stream(
        draw, np.zeros((1, 2)), 0.2, num_samples=1_000_000, key=jax.random.key(0)
    )
    # About 4 % of the samples contribute: an error of about 1 / 200.
    np.testing.assert_allclose(density, -np.log(2 * np.pi * 1.04), atol=0.02)


def test_stream_refuses_bad_arguments():
    draw = lambda key, num: jax.random.normal(key, (num, 3))
    with pytest.raises(ValueError, match="multiple of draw_size = 10"):
        parzen.log_density_of_stream(
            draw, np.zeros((1, 3)), 1.0, num_samples=15, key=None, draw_size=10
        )
    with pytest.raises(ValueError, match="got 3 and 2 values"):
        parzen.log_density_of_stream(
            draw, np.zeros((1, 2)), 1.0, num_samples=5, key=jax.random.key(0)
        )
