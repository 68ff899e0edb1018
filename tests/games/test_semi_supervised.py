"""Semi-supervised games: K class logits serve as classifier and as critic."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (8, 2))
Y = jnp.arange(4) % 2
BATCH = (X[:4], Y), X


def make_game(critic, **kwargs):
    return games.semi_supervised(
        nn.Dense(2), critic, priors.normal(2), loss=losses.non_saturating(), **kwargs
    )


def start(game, batch=BATCH):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, batch)


def identity_critic():
    """Return a critic with class logits (x0, x1) and features x."""
    return (lambda key, x: jnp.ones(()), lambda w, x: (w * x, w * x))


@pytest.mark.ci
def test_objectives_by_hand():
    generator = (lambda key, z: jnp.zeros(()), lambda w, z: z * 0 + w)
    game = games.semi_supervised(
        generator, identity_critic(), priors.normal(2), loss=losses.non_saturating()
    )
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(game), BATCH)
    logit = np.log(np.exp(X).sum(axis=1))
    real = np.log1p(np.exp(-logit)).mean()
    fake = np.log1p(2)  # logsumexp(0, 0) = log 2
    np.testing.assert_allclose(metrics["discriminator/loss"], real + fake, rtol=1e-5)
    cost = -jax.nn.log_softmax(X[:4])[jnp.arange(4), Y].mean()
    np.testing.assert_allclose(metrics["discriminator/supervised"], cost, rtol=1e-5)
    feature_cost = (np.asarray(X).mean(axis=0) ** 2).sum()
    np.testing.assert_allclose(
        metrics["generator/feature_matching"], feature_cost, rtol=1e-5
    )
    assert metrics["generator/loss"] == 0


def test_the_generator_can_minimize_the_loss_alone():
    game = make_game(identity_critic(), match_features=False)
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(game), BATCH)
    assert "generator/feature_matching" not in metrics
    assert metrics["generator/loss"] > 0


def test_wrong_batches_and_critics_are_refused():
    game = make_game(identity_critic())
    with pytest.raises(TypeError, match="semi_supervised expects"):
        start(game, X)
    with pytest.raises(TypeError, match="semi_supervised expects"):
        start(game, (X, X))
    with pytest.raises(ValueError, match=r"class logits \[m, K\].*outputs=K"):
        start(make_game(nn.Dense(1)))
    with pytest.raises(TypeError, match="feature_matching expects a critic"):
        start(make_game(nn.Dense(3)))


def test_features_of_the_critic_can_be_computed():
    critic = modules.MLPDiscriminator((5, 4), outputs=3, features=True, noise=0.0)
    game = make_game(critic)
    logits, features = advnet.apply(game, start(game), "discriminator", X)
    assert (logits.shape, features.shape) == ((8, 3), (8, 4))
    np.testing.assert_array_equal(games.classify(game, start(game), X), logits)


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_that_are_not_a_class_are_refused(label):
    game = make_game(identity_critic())
    state, (x, labels), unlabeled = start(game), *BATCH
    batch = (x, labels.at[0].set(label)), unlabeled
    with pytest.raises(ValueError, match="Expected classes 0 to 1"):
        start(game, batch)
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    # Compiled code cannot raise, so the loss becomes NaN.
    _, metrics = jax.jit(algorithm.train_step)(state, batch)
    assert jnp.isnan(metrics["discriminator/supervised"])
    with pytest.raises(TypeError, match=r"integers \[m\], got float32\[4, 2\]"):
        start(game, ((x, jax.nn.one_hot(labels, 2)), unlabeled))
