"""Feature matching, supervised and reconstruction terms, and terms in a game."""

import contracts
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, priors, terms
from advnet.types import View


def make_view(real, fake):
    return View(*[None] * 9)._replace(real_output=real, fake_output=fake)


def test_feature_matching_compares_means():
    real = (None, jnp.array([[0.0, 2.0], [2.0, 2.0]]))
    fake = (None, jnp.array([[1.0, 0.0], [1.0, 0.0]]))
    assert terms.feature_matching().fn(make_view(real, fake)) == 4
    doubled = terms.feature_matching(features=lambda output: 2 * output[1])
    assert doubled.fn(make_view(real, fake)) == 16


def test_feature_matching_needs_features():
    with pytest.raises(TypeError, match=r"critic that returns a pair, logits first"):
        terms.feature_matching().fn(make_view(jnp.zeros(2), jnp.zeros(2)))


def test_supervised_trains_a_classifier():
    """With a large weight on the labels, the critic becomes a classifier."""
    key = jax.random.key(0)
    x = jax.random.normal(key, (64, 2))
    batch = {"x": x, "label": (x[:, 0] > 0).astype(jnp.int32)}
    game = games.adversarial(
        {"discriminator": nn.Dense(2)},
        lambda play, batch, key: advnet.types.Comparison(
            (batch["x"],), (jax.random.normal(key, batch["x"].shape),)
        ),
        loss=losses.non_saturating(),
        terms=[terms.supervised(lambda b: (b["x"],), lambda b: b["label"], 10.0)],
        readout=lambda logits: jax.nn.logsumexp(logits, axis=1),
    )
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = jax.jit(algorithm.init)(key, batch)
    state = advnet.fit(algorithm, state, lambda step: batch, num_steps=200)
    play = games.Play(
        game.players, {"discriminator": state.players["discriminator"].variables}, key
    )
    predicted = play("discriminator", x).argmax(axis=1)
    assert (predicted == batch["label"]).mean() > 0.95


@pytest.mark.ci
def test_penalty_on_batch_statistics_leaks_no_tracer():
    """A tracer leaks if module state is recorded inside the penalty's gradient."""
    game = contracts.gan(critic="linen", terms=[terms.gradient_penalty()])
    algorithm = advnet.alternating(game, contracts.OPTIMIZER)
    state = jax.jit(algorithm.init)(jax.random.key(0), contracts.BATCH)
    with jax.checking_leaks():
        jax.eval_shape(algorithm.train_step, state, contracts.BATCH)
    state, _ = jax.jit(algorithm.train_step)(state, contracts.BATCH)
    statistics = state.players["discriminator"].variables.state["batch_stats"]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(statistics))


def test_weight_multiplies_the_gradient_not_the_metric():
    metrics, gradients = {}, {}
    for weight in (1.0, 3.0):
        game = games.gan(
            nn.Dense(2),
            nn.Dense(1),
            priors.normal(3),
            loss=advnet.types.Loss(lambda r, f: 0 * r, lambda r, f: 0 * f),
            terms=[terms.r1(weight)],
        )
        algorithm = advnet.alternating(game, optax.sgd(0.1))
        state = algorithm.init(jax.random.key(0), contracts.BATCH)
        _, row = algorithm.train_step(state, contracts.BATCH)
        metrics[weight] = row["discriminator/r1"]
        gradients[weight] = row["discriminator/gradient_norm"]
    assert metrics[1.0] == metrics[3.0]
    np.testing.assert_allclose(gradients[3.0], 3 * gradients[1.0], rtol=1e-6)


def test_reconstruction_by_hand():
    """With G(z) = 2 z and E(x) = x / 4, the reconstruction is x / 2."""
    scale = lambda by: (lambda key, x: jnp.full((), by), lambda w, x: w * x)
    critic = (lambda key, x, z: jnp.zeros(()), lambda w, x, z: w * x[:, 0])
    game = games.bidirectional(
        scale(2.0),
        scale(0.25),
        critic,
        priors.normal(3),
        loss=losses.hinge(),
        terms=terms.reconstruction(10.0),
    )
    x = jnp.full((4, 3), 2.0)
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(algorithm.init(jax.random.key(0), x), x)
    for player in ("generator", "encoder"):
        np.testing.assert_allclose(metrics[f"{player}/reconstruction"], 3.0, rtol=1e-6)


def test_reconstruction_needs_a_critic_of_examples_and_codes():
    game = contracts.gan(terms=terms.reconstruction()[:1])
    with pytest.raises(TypeError, match=r"two inputs, \(x, E\(x\)\).*got 1 inputs"):
        advnet.alternating(game, contracts.OPTIMIZER).init(
            jax.random.key(0), contracts.BATCH
        )
