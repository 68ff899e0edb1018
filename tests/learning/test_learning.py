"""Training finds all modes of a mixture and matches a Gaussian, to wide bounds."""

import flax.linen as nn
import jax
import numpy as np
import optax
import pytest
from running import load

import advnet

PERFECT = 98.889  # share of a Gaussian within 3 sd in two dimensions, in %


@pytest.fixture(autouse=True)
def standard_promotion():
    """Allow Optax to raise a Python float to the power of its int32 step counter."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def mixtures():
    return load("mixtures")


@pytest.mark.parametrize(("mixture", "num_modes"), [("ring", 8), ("grid", 25)])
def test_score_of_a_perfect_sampler(mixtures, mixture, num_modes):
    modes, sd, _ = mixtures.MIXTURES[mixture]
    rng = np.random.default_rng(0)
    samples = np.repeat(modes, 10_000, axis=0)
    samples = samples + sd * rng.normal(size=samples.shape)
    modes_1, modes_20, share, reverse_kl = mixtures.score(samples, mixture)
    assert modes_1 == modes_20 == num_modes
    assert share == pytest.approx(PERFECT, abs=0.15)
    assert reverse_kl == pytest.approx(0, abs=1e-12)


def test_score_of_one_mode(mixtures):
    samples = np.repeat(mixtures.MIXTURES["ring"][0][:1], 19, axis=0)
    assert mixtures.score(samples, "ring") == pytest.approx((1, 0, 100, np.log(8)))


@pytest.mark.slow
@pytest.mark.parametrize(("mixture", "num_modes"), [("ring", 8), ("grid", 25)])
def test_every_mode_is_found(mixtures, mixture, num_modes):
    """The example's defaults find the modes, in 3 minutes on two cores."""
    modes, _, share, reverse_kl = mixtures.main(mixture, seeds=10).T
    assert np.sum(modes == num_modes) >= 9
    assert share.mean() >= PERFECT - 3
    assert share.min() >= PERFECT - 5
    assert np.median(reverse_kl) <= 0.1


@pytest.mark.slow
def test_gaussian_with_the_paper_loss():
    """Five seeds fit N(3, 0.5²) in one dimension, without penalty or averaging."""
    num_steps = 3_000
    rate = optax.linear_schedule(1e-3, 0.0, num_steps)
    mlp = nn.Sequential([nn.Dense(32), nn.tanh, nn.Dense(32), nn.tanh, nn.Dense(1)])
    prior, loss = advnet.priors.normal(1), advnet.losses.non_saturating()
    game = advnet.games.gan(mlp, mlp, prior, loss=loss)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0))

    def train(key):
        draw = lambda key: 3 + 0.5 * jax.random.normal(key, (128, 1))
        step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
        init_key, data_key, sample_key = jax.random.split(key, 3)
        state = algorithm.init(init_key, draw(init_key))
        state, _ = jax.lax.scan(step, state, jax.random.split(data_key, num_steps))
        return advnet.sample(game, state, sample_key, 10_000)

    keys = jax.random.split(jax.random.key(0), 5)
    samples = np.asarray(jax.jit(jax.vmap(train))(keys))[..., 0]
    close = np.abs(samples.mean(axis=1) - 3) < 0.1
    close &= np.abs(samples.std(axis=1) - 0.5) < 0.1
    assert close.sum() >= 4, (samples.mean(axis=1), samples.std(axis=1))
