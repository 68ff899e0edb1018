"""Noise-contrastive estimation, predictability minimization, cycles, latent steps."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors, terms

KEY = jax.random.key(0)


def gaussian_model():
    """Return the model log p(x) = -precision x² / 2 - log_z with two parameters."""
    return (
        lambda key, x: {"precision": jnp.ones(()), "log_z": jnp.zeros(())},
        lambda p, x: -p["precision"] * x[:, 0] ** 2 / 2 - p["log_z"],
    )


@pytest.mark.slow
def test_noise_contrastive_estimation_recovers_precision_and_normalizer():
    """Data are N(0, 1/4), noise is N(0, 1); the mean of 20 seeds has no bias."""
    log_q = lambda x: jax.scipy.stats.norm.logpdf(x[:, 0])
    game = games.noise_contrastive(gaussian_model(), priors.normal(1), log_q)
    num_steps = 1_500

    def fit(key):
        data_key, key = jax.random.split(key)
        data = 0.5 * jax.random.normal(data_key, (2_000, 1))
        rate = optax.cosine_decay_schedule(0.5, num_steps)
        algorithm = advnet.alternating(game, optax.sgd(rate))
        state = algorithm.init(key, data)
        step = lambda state, _: (algorithm.train_step(state, data)[0], None)
        state, _ = jax.lax.scan(step, state, length=num_steps)
        return state.players["model"].variables.params

    with jax.numpy_dtype_promotion("standard"):
        params = jax.jit(jax.vmap(fit))(jax.random.split(KEY, 20))
    truth = {"precision": 4.0, "log_z": np.log(np.sqrt(2 * np.pi) * 0.5)}
    for name, expected in truth.items():
        values = np.asarray(params[name])
        error = values.std(ddof=1) / np.sqrt(20)
        assert abs(values.mean() - expected) < 3 * error, (name, values.mean(), error)
        assert error < 0.06, name  # otherwise the bound would be too wide


def test_noise_contrastive_logit_is_the_log_ratio():
    log_q = lambda x: jax.scipy.stats.norm.logpdf(x[:, 0])
    game = games.noise_contrastive(gaussian_model(), priors.normal(1), log_q)
    x = jnp.array([[0.0], [2.0]])
    state = advnet.alternating(game, optax.sgd(0.1)).init(KEY, x)
    logits = advnet.apply(game, state, "model", x)
    np.testing.assert_allclose(logits, -(x[:, 0] ** 2) / 2 - log_q(x), rtol=1e-6)


@pytest.mark.ci
def test_predictability_minimization_finds_independent_binary_causes():
    """The code of two mixed coins is the coins, up to order and sign.

    This must hold for 4 of 5 seeds. Two independent fair bits have 2 log 2 nats of
    entropy, which is all the entropy of the data.
    """
    mixing = jnp.array([[1.0, 0.6], [0.5, -1.0]])
    coins = jnp.array([[0, 0], [0, 1], [1, 0], [1, 1]], jnp.float32) * 2 - 1
    x = jnp.tile(coins @ mixing, (16, 1))
    game = games.predictability_minimization(
        nn.Sequential([nn.Dense(8), nn.tanh, nn.Dense(2), nn.sigmoid]),
        modules.Concatenate(nn.Sequential([nn.Dense(8), nn.tanh, nn.Dense(1)])),
    )

    def train(key):
        rates = {"predictor": optax.adam(1e-2), "encoder": optax.adam(1e-3)}
        algorithm = advnet.alternating(game, rates)
        step = lambda state, _: (algorithm.train_step(state, x)[0], None)
        state, _ = jax.lax.scan(step, algorithm.init(key, x), length=2_000)
        return advnet.encode(game, state, coins @ mixing, key)

    with jax.numpy_dtype_promotion("standard"):
        codes = jax.jit(jax.vmap(train))(jax.random.split(KEY, 5))
    binary = np.asarray(codes) > 0.5
    distinct = np.array([len(np.unique(code, axis=0)) == 4 for code in binary])
    sharp = np.abs(np.asarray(codes) - binary).max(axis=(1, 2)) < 0.1
    assert np.sum(distinct & sharp) >= 4, codes


def test_cycle_terms_by_hand():
    """F(a) = 2a, G(b) = b / 4: |G(F(a)) - a| = a / 2 and |F(G(b)) - b| = b / 2."""
    scale = lambda by: (lambda key, x: jnp.full((), by), lambda w, x: w * x)
    critic = (lambda key, x: jnp.zeros(()), lambda w, x: w * x[:, 0])
    game = games.cycle(
        scale(2.0), scale(0.25), critic, critic, loss=losses.hinge(), weight=3.0
    )
    batch = jnp.full((4, 1), 1.0), jnp.full((4, 1), 3.0)
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(algorithm.init(KEY, batch), batch)
    np.testing.assert_allclose(metrics["forward/cycle"], 0.5 + 1.5, rtol=1e-6)
    np.testing.assert_allclose(metrics["backward/cycle"], 0.5 + 1.5, rtol=1e-6)
    with pytest.raises(TypeError, match="games.cycle expects"):
        algorithm.init(KEY, batch[0])


def test_mutual_information_is_bounded_by_the_code():
    """The generator copies its code and the head reads it, so cross-entropy is 0."""
    game = games.gan(
        (lambda key, z: jnp.ones(()), lambda w, z: w * z[:, -3:]),
        (lambda key, x: jnp.ones(()), lambda w, x: (w * x[:, 0], 100 * x)),
        priors.concatenated(priors.normal(2), priors.categorical(3)),
        loss=losses.hinge(),
        terms=terms.mutual_information(lambda z: z[:, -3:]),
    )
    x = jnp.zeros((8, 3))
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(algorithm.init(KEY, x), x)
    np.testing.assert_allclose(metrics["generator/mutual_information"], 0, atol=1e-6)
    np.testing.assert_allclose(
        metrics["discriminator/mutual_information"], 0, atol=1e-6
    )


def test_latent_step_by_hand():
    """For G(z) = 3 z and D(x) = 2 x the gradient in z is 6."""
    inputs = []
    game = games.latent_optimized(
        (lambda key, z: jnp.full((), 3.0), lambda w, z: w * z),
        (
            lambda key, x: jnp.full((), 2.0),
            lambda w, x: inputs.append(x) or w * x[:, 0],
        ),
        lambda key, num: jnp.full((num, 1), 0.25),
        loss=losses.wasserstein(),
        step_size=0.1,
        project=lambda z: jnp.clip(z, -1.0, 0.8),
    )
    x = jnp.zeros((4, 1))
    advnet.alternating(game, optax.sgd(0.0)).init(KEY, x)
    np.testing.assert_allclose(inputs[-1], 3 * 0.8, rtol=1e-6)  # .25 + .6 > .8
    assert float(x.max()) == 0


def test_resampling_corrects_the_generator():
    """G draws N(0, 1), data are N(1, 1), and D has the optimal logit x - 1/2."""
    game = games.gan(
        (lambda key, z: jnp.zeros(()), lambda w, z: z + w),
        (lambda key, x: jnp.zeros(()), lambda w, x: x[:, 0] - 0.5 + w),
        priors.normal(1),
        loss=losses.non_saturating(),
    )
    x = jnp.zeros((4, 1))
    state = advnet.alternating(game, optax.sgd(0.0)).init(KEY, x)
    draw = lambda n: np.asarray(games.resample(game, state, KEY, 20_000, candidates=n))
    assert abs(draw(1).mean()) < 0.03
    samples = draw(50)
    assert abs(samples.mean() - 1) < 0.06
    assert abs(samples.std() - 1) < 0.06
    with pytest.raises(ValueError, match="candidates >= 1"):
        draw(0)


def test_log_densities_of_another_shape_are_refused():
    log_q = lambda x: jax.scipy.stats.norm.logpdf(x)  # [m, 1], not summed
    game = games.noise_contrastive(gaussian_model(), priors.normal(1), log_q)
    with pytest.raises(ValueError, match=r"log-densities \(4,\).*got \(4, 1\)"):
        advnet.alternating(game, optax.sgd(0.1)).init(KEY, jnp.zeros((4, 1)))
    game = games.noise_contrastive(
        nn.Dense(1), priors.normal(1), lambda x: log_q(x)[:, 0]
    )
    state = advnet.alternating(game, optax.sgd(0.1)).init(KEY, jnp.zeros((4, 1)))
    assert advnet.apply(game, state, "model", jnp.zeros((3, 1))).shape == (3,)


def test_resampling_with_a_critic_with_features():
    critic = modules.MLPDiscriminator((4,), features=True, noise=0.0)
    prior, loss = priors.normal(2), losses.non_saturating()
    game = games.gan(nn.Dense(2), critic, prior, loss=loss)
    algorithm = advnet.averaged(advnet.alternating(game, optax.sgd(0.1)))
    state = algorithm.init(KEY, jnp.zeros((4, 2)))
    assert games.resample(game, state, KEY, 3, average=True).shape == (3, 2)


def test_batches_that_are_not_a_pair_are_refused():
    dense = [nn.Dense(1) for _ in range(4)]
    game = games.cycle(*dense, loss=losses.hinge())
    with pytest.raises(TypeError, match=r"\(a \[m, ...\], b \[m, ...\]\).*got list"):
        advnet.alternating(game, optax.sgd(0.1)).init(KEY, [jnp.zeros((4, 1))] * 2)
