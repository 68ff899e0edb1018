"""Tests of every loss against its `theory`, with free logits on discrete points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
from contracts import LOSSES

from advnet import losses

# In units of 1/10: ten real and ten fake examples have exactly these distributions.
P = np.array([1, 2, 3, 4])
Q = np.array([4, 1, 3, 2])
SMOOTH = sorted(set(LOSSES) - {"hinge", "wasserstein"})


def all_pairs(logits, p, q):
    """Return the logits of all pairs of ten real and ten fake examples."""
    real, fake = np.repeat(np.arange(4), p), np.repeat(np.arange(4), q)
    return logits[np.repeat(real, 10)], logits[np.tile(fake, 10)]


def critic_risk(loss, logits, p=P, q=Q):
    return loss.discriminator(*all_pairs(logits, p, q)).mean()


def weights(counts):
    return jnp.asarray(counts / 10)


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", LOSSES)
def test_value_at_the_optimal_logit(name):
    loss = LOSSES[name]
    p, q = weights(P), weights(Q)
    risk = critic_risk(loss, loss.theory.optimal_logit(p, q))
    expected = loss.theory.equilibrium - loss.theory.divergence(p, q)
    np.testing.assert_allclose(risk, expected, rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_value_at_equilibrium(name):
    loss = LOSSES[name]
    p = weights(P)
    np.testing.assert_allclose(loss.theory.divergence(p, p), 0, atol=1e-12)
    risk = critic_risk(loss, loss.theory.optimal_logit(p, p), P, P)
    np.testing.assert_allclose(risk, loss.theory.equilibrium, rtol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_free_logits_converge_to_the_optimal_logits(name):
    loss = LOSSES[name]
    risk = jax.jit(jax.value_and_grad(lambda logits: critic_risk(loss, logits)))
    logits = scipy.optimize.minimize(risk, np.zeros(4), jac=True, tol=1e-9).x
    optimal = loss.theory.optimal_logit(weights(P), weights(Q))
    if name.startswith("relativistic"):  # defined up to a constant
        logits, optimal = logits - logits[0], optimal - optimal[0]
    np.testing.assert_allclose(logits, optimal, atol=1e-5)


@pytest.mark.parametrize("name", ["hinge", "wasserstein"])
def test_no_critic_beats_the_optimal_critic(name):
    """These are linear programs, so compare with random critics of the class."""
    loss = LOSSES[name]
    best = critic_risk(loss, loss.theory.optimal_logit(weights(P), weights(Q)))
    rng = np.random.default_rng(0)
    for _ in range(200):
        steps = rng.uniform(-1, 1, 4)
        logits = jnp.asarray(np.cumsum(steps) if name == "wasserstein" else 3 * steps)
        assert critic_risk(loss, logits) >= best - 1e-12


SATURATING = {
    "minimax": losses.minimax(),
    "hinge": losses.hinge(),
    "wasserstein": losses.wasserstein(),
    **{name: losses.f_gan(name, saturating=True) for name in losses.F_DIVERGENCES},
}


@pytest.mark.parametrize("name", SATURATING)
def test_saturating_generators_descend_the_divergence(name):
    """For the optimal critic, the gradient is that of the divergence (envelope)."""
    loss, p, q = SATURATING[name], weights(P), weights(Q)
    logits = loss.theory.optimal_logit(p, q)
    per_point = loss.generator(logits, logits)
    # The direction preserves the sum of q and avoids the kink of |p - q| at p = q.
    direction = jnp.array([1.0, -2.0, 0.0, 1.0])
    slope = jax.jvp(lambda q: loss.theory.divergence(p, q), (q,), (direction,))[1]
    np.testing.assert_allclose(per_point @ direction, slope, rtol=1e-10)


def test_generator_gradients_of_minimax_and_non_saturating():
    """The gradients at a rejected sample are -sigma(f) and -sigma(-f)."""
    logit = jnp.array([-5.0])
    slopes = [
        jax.grad(lambda f, loss=loss: loss.generator(f, f)[0])(logit)[0]
        for loss in (losses.minimax(), losses.non_saturating())
    ]
    np.testing.assert_allclose(slopes, [-1 / (1 + np.exp(5)), -1 / (1 + np.exp(-5))])


@pytest.mark.parametrize("name", losses.F_DIVERGENCES)
def test_conjugates(name):
    """On a grid, f*(t) = sup_u ut - f(u), and the payoff is f* of the activation."""
    definition = losses.F_DIVERGENCES[name]
    u = jnp.linspace(1e-4, 60, 2_000_001)
    for logit in jnp.array([-1.0, 0.0, 0.7]):
        t = definition.activation(logit)
        supremum = (u * t - definition.f(u)).max()
        conjugate = definition.conjugate(t)
        np.testing.assert_allclose(conjugate, supremum, atol=1e-4)
        np.testing.assert_allclose(definition.payoff(logit), conjugate, atol=1e-12)
    assert abs(definition.f(jnp.ones(()))) < 1e-12


@pytest.mark.parametrize("name", [n for n in LOSSES if LOSSES[n].probability])
def test_probability_is_the_posterior(name):
    loss = LOSSES[name]
    p, q = weights(P), weights(Q)
    probability = loss.probability(loss.theory.optimal_logit(p, q))
    target = 0.9 if name == "smoothed" else 1.0
    np.testing.assert_allclose(probability, target * p / (p + q), rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_large_logits_are_finite(name):
    """Logits of 30 occur late in training; losses and gradients must not overflow."""
    loss = LOSSES[name]
    with jax.enable_x64(False):
        real, fake = jnp.array([30.0, -30.0]), jnp.array([-30.0, 30.0])
        for function in (loss.discriminator, loss.generator):
            value, gradients = jax.value_and_grad(
                lambda r, f, function=function: function(r, f).sum(), (0, 1)
            )(real, fake)
            assert np.isfinite([value, *gradients[0], *gradients[1]]).all()


@pytest.mark.parametrize("name", LOSSES)
def test_points_without_mass_change_nothing(name):
    theory = LOSSES[name].theory
    p, q = weights(P), weights(Q)
    padded = [jnp.append(side, 0.0) for side in (p, q)]
    logits = theory.optimal_logit(*padded)
    assert jnp.isfinite(logits).all()
    np.testing.assert_allclose(logits[:-1], theory.optimal_logit(p, q), rtol=1e-12)
    np.testing.assert_allclose(
        theory.divergence(*padded), theory.divergence(p, q), rtol=1e-12
    )
