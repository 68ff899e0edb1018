"""K class logits serve as classifier and critic at once."""

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


def game(critic, **kwargs):
    return games.semi_supervised(
        nn.Dense(2), critic, priors.normal(2), loss=losses.non_saturating(), **kwargs
    )


def start(game, batch=BATCH):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, batch)


def identity_critic():
    """Class logits are (x0, x1), features x."""
    return (lambda key, x: jnp.ones(()), lambda w, x: (w * x, w * x))


def test_objectives_by_hand():
    generator = (lambda key, z: jnp.zeros(()), lambda w, z: z * 0 + w)
    made = games.semi_supervised(
        generator, identity_critic(), priors.normal(2), loss=losses.non_saturating()
    )
    algorithm = advnet.simultaneous(made, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(made), BATCH)
    logit = np.log(np.exp(X).sum(axis=1))
    real = np.log1p(np.exp(-logit)).mean()
    fake = np.log1p(2)  # logsumexp(0, 0) = log 2
    np.testing.assert_allclose(metrics["discriminator/loss"], real + fake, rtol=1e-5)
    cost = -jax.nn.log_softmax(X[:4])[jnp.arange(4), Y].mean()
    np.testing.assert_allclose(metrics["discriminator/supervised"], cost, rtol=1e-5)
    matched = (np.asarray(X).mean(axis=0) ** 2).sum()
    np.testing.assert_allclose(
        metrics["generator/feature_matching"], matched, rtol=1e-5
    )
    assert metrics["generator/loss"] == 0


def test_generator_on_the_loss_alone():
    made = game(identity_critic(), match_features=False)
    algorithm = advnet.simultaneous(made, optax.sgd(0.0))
    _, metrics = algorithm.train_step(start(made), BATCH)
    assert "generator/feature_matching" not in metrics
    assert metrics["generator/loss"] > 0


def test_wrong_batches_and_critics():
    made = game(identity_critic())
    with pytest.raises(TypeError, match="semi_supervised expects"):
        start(made, X)
    with pytest.raises(TypeError, match="semi_supervised expects"):
        start(made, (X, X))
    with pytest.raises(ValueError, match=r"class logits \[m, K\].*outputs=K"):
        start(game(nn.Dense(1)))
    with pytest.raises(TypeError, match="feature_matching expects a critic"):
        start(game(nn.Dense(3)))


def test_features_of_the_finished_critic_can_be_reused():
    critic = modules.MLPDiscriminator((5, 4), outputs=3, features=True, noise=0.0)
    made = game(critic)
    logits, features = advnet.apply(made, start(made), "discriminator", X)
    assert (logits.shape, features.shape) == ((8, 3), (8, 4))
    np.testing.assert_array_equal(games.classify(made, start(made), X), logits)


@pytest.mark.parametrize("wrong", [-1, 2])
def test_a_label_that_is_no_class(wrong):
    made = game(identity_critic())
    state, (x, labels), unlabeled = start(made), *BATCH
    batch = (x, labels.at[0].set(wrong)), unlabeled
    with pytest.raises(ValueError, match="Expected classes 0 to 1"):
        start(made, batch)
    algorithm = advnet.simultaneous(made, optax.sgd(0.0))
    _, metrics = jax.jit(algorithm.train_step)(state, batch)  # nobody can raise there
    assert jnp.isnan(metrics["discriminator/supervised"])
    with pytest.raises(TypeError, match=r"integers \[m\], got float32\[4, 2\]"):
        start(made, ((x, jax.nn.one_hot(labels, 2)), unlabeled))
