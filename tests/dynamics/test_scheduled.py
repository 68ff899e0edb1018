"""Hyper-parameters that depend on the step."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from small_games import BATCH, gan

import advnet
from advnet import dynamics


def test_scheduled_hyper_parameters_follow_a_half_cosine():
    half = lambda step, start, end: (
        end + (start - end) * (1 + jnp.cos(jnp.pi * jnp.float32(step) / 100)) / 2
    )
    game = gan()

    def build(step):
        rate, b2 = half(step, 0.1, 0.01), half(step, 0.9, 0.99)
        adam = optax.scale_by_adam(b1=0.0, b2=b2)
        optimizer = optax.chain(adam, optax.scale(-rate))
        inner = advnet.alternating(game, optimizer)
        averaged = advnet.averaged(inner, decay=half(step, 0.5, 0.9))
        return dynamics.recorded(averaged, lambda state: {"rate": rate, "b2": b2})

    algorithm = dynamics.scheduled(build)
    with jax.numpy_dtype_promotion("standard"):
        state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
        train_step = jax.jit(algorithm.train_step)
        for t in range(100):
            state, metrics = train_step(state, BATCH)
            cosine = (1 + np.cos(np.pi * t / 100)) / 2
            np.testing.assert_allclose(metrics["rate"], 0.01 + 0.09 * cosine, rtol=1e-5)
            np.testing.assert_allclose(metrics["b2"], 0.99 - 0.09 * cosine, rtol=1e-6)
        assert train_step._cache_size() == 1
