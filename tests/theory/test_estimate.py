"""Estimates of a divergence from a critic's logits."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, priors, theory
from advnet.networks import plain

JSD = 0.1114214822  # N(0, 1) against N(1, 1)
KEY = jax.random.key(0)


def samples(num, seed=1):
    x, y = jax.random.normal(jax.random.key(seed), (2, num))
    return x, y + 1


def test_optimal_logits_give_the_divergence_within_the_stated_error():
    errors = []
    for seed in range(20):
        x, y = samples(5_000, seed)
        estimate = theory.estimate_jensen_shannon(0.5 - x, 0.5 - y)
        assert (estimate.num_real, estimate.num_fake) == (5_000, 5_000)
        errors.append((estimate.value - JSD) / estimate.standard_error)
    assert np.std(errors) == pytest.approx(1, abs=0.4)  # 2.5 sd for 20 seeds
    assert abs(np.mean(errors)) < 3 / np.sqrt(20)


def test_a_suboptimal_critic_gives_a_smaller_value():
    x, y = samples(50_000)
    for logits in (lambda x: 2 * (0.5 - x), lambda x: 0.3 * (0.5 - x), jnp.sin):
        assert theory.estimate_jensen_shannon(logits(x), logits(y)).value < JSD


@pytest.mark.parametrize("name", ["minimax", "hinge", "least_squares", "f_gan"])
def test_estimate_of_the_optimal_logit_equals_the_divergence(name):
    """Use the theory's optimal logit on samples of two Bernoulli distributions."""
    loss = losses.get(name)
    p, q = jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])
    logits = loss.theory.optimal_logit(p, q)
    real = logits[np.arange(10_000) % 2]
    fake = logits[(np.arange(10_000) % 10 == 0).astype(int)]
    estimate = theory.estimate_divergence(loss, real, fake)
    expected = loss.theory.divergence(p, q)
    np.testing.assert_allclose(estimate.value, expected, atol=1e-5)
    assert estimate.name == loss.theory.name


def test_refuses_losses_of_pairs_and_losses_without_theory():
    x, y = samples(100)
    with pytest.raises(ValueError, match="compares logits in pairs"):
        theory.estimate_divergence(losses.relativistic(), x, y)
    without_theory = losses.hinge()._replace(theory=None)
    with pytest.raises(ValueError, match="Expected a loss with a theory"):
        theory.estimate_divergence(without_theory, x, y)


@pytest.mark.ci
def test_a_trained_critic_learns_the_optimal_logit():
    """For N(0, 1) and N(1, 1), a x + b x² + c learns 0.5 - x to 0.02 on [-1, 2].

    The generator is frozen. The batch is large and the learning rate decays, so the
    remaining error is sampling error. On new samples the estimate of the JSD agrees
    with the true value within its standard error.
    """
    features = lambda x: jnp.concatenate([x, x**2, jnp.ones_like(x)], axis=1)
    critic = plain(lambda key, x: jnp.zeros(3), lambda w, x: features(x) @ w)
    frozen = plain(lambda key, z: jnp.ones((1, 1)), lambda w, z: z + w)
    game = games.gan(frozen, critic, priors.normal(1), loss=losses.non_saturating())
    rates = optax.cosine_decay_schedule(0.3, 2_000)
    optimizers = {"discriminator": optax.sgd(rates), "generator": optax.sgd(0.0)}
    algorithm = advnet.alternating(game, optimizers)
    draw = lambda key: jax.random.normal(key, (4_096, 1))
    step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
    with jax.numpy_dtype_promotion("standard"):
        state = algorithm.init(KEY, draw(KEY))
        keys = jax.random.split(KEY, 2_000)
        state, _ = jax.jit(lambda s: jax.lax.scan(step, s, keys))(state)
    x = jnp.linspace(-1, 2, 31)[:, None]
    logits = advnet.apply(game, state, "discriminator", x)
    np.testing.assert_allclose(logits, 0.5 - x[:, 0], atol=0.02)
    real, fake = samples(20_000)
    logits = [
        advnet.apply(game, state, "discriminator", s[:, None]) for s in (real, fake)
    ]
    estimate = theory.estimate_jensen_shannon(*logits)
    assert abs(estimate.value - JSD) < 3 * estimate.standard_error


def test_refuses_the_wasserstein_loss():
    x, y = samples(100)
    with pytest.raises(ValueError, match="gradient norm is at most 1"):
        theory.estimate_divergence(losses.wasserstein(), 1_000 * x, 1_000 * y)
