"""Critics with a map of patches, and with several maps, against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, priors, terms
from advnet.types import Comparison

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 16)).astype(np.float32)
Y = RNG.normal(size=(8, 16)).astype(np.float32)
WEIGHTS = RNG.normal(size=(16,)).astype(np.float32)
WEIGHTS *= 4 / np.linalg.norm(WEIGHTS)  # squared slope 16


def patches(num):
    """A linear critic whose patches all have the squared slope 16."""
    return lambda x: jnp.tile((x @ WEIGHTS)[:, None, None], (1, num, 1))


@pytest.mark.parametrize("num", [1, 4, 16, 64])
@pytest.mark.parametrize("term", [terms.r1(1.0), terms.r2(1.0)], ids=["r1", "r2"])
def test_a_penalty_does_not_grow_with_the_number_of_patches(num, term):
    view = terms.make_view(patches(num), X, Y)
    np.testing.assert_allclose(term.fn(view), 16.0, rtol=1e-5)


def test_two_maps_weigh_alike_whatever_their_size():
    def critic(x):
        return [patches(64)(x), 2 * patches(16)(x)]  # squared slopes 16 and 64

    view = terms.make_view(critic, X, Y)
    np.testing.assert_allclose(terms.r1(1.0).fn(view), 40.0, rtol=1e-5)
    weighted = view._replace(map_weights=(3.0, 1.0))
    np.testing.assert_allclose(terms.r1(1.0).fn(weighted), 28.0, rtol=1e-5)
    penalty = terms.gradient_penalty(1.0, target=4.0)
    np.testing.assert_allclose(penalty.fn(view), (0 + 16) / 2, rtol=1e-4)


def map_game(loss, maps):
    """A game whose critic has the given maps of its input, without parameters."""
    critic = (lambda key, x: {"scale": jnp.ones(())}, lambda p, x: maps(p["scale"] * x))
    generator = (lambda key, z: {"shift": jnp.zeros(())}, lambda p, z: z + p["shift"])
    return games.adversarial(
        {"generator": generator, "discriminator": critic},
        lambda play, batch, key: Comparison(
            (batch[0],), (play("generator", batch[1]),)
        ),
        loss=loss,
    )


@pytest.mark.parametrize("name", losses.names())
def test_loss_and_metrics_equal_a_numpy_reference(name):
    loss = losses.get(name)
    shapes = {"small": (4, 2, 2), "large": (16, 1)}
    maps = lambda x: {n: x.reshape(8, *s[:1], -1) for n, s in shapes.items()}
    game = map_game(loss, maps)
    state = advnet.alternating(game, optax.sgd(0.0)).init(jax.random.key(0), (X, Y))
    play = games.Play(
        game.players,
        {n: p.variables for n, p in state.players.items()},
        jax.random.key(1),
    )
    value, metrics = game.objectives["discriminator"](play, (X, Y), jax.random.key(2))
    expected = []
    for shape in shapes.values():
        real, fake = (side.reshape(8, shape[0], -1) for side in (X, Y))
        positions = np.array(
            [
                [
                    loss.discriminator(
                        jnp.array(real[:, i, j]), jnp.array(fake[:, i, j])
                    )
                    for j in range(real.shape[2])
                ]
                for i in range(real.shape[1])
            ]
        )
        expected.append(positions.mean())
    np.testing.assert_allclose(value, np.mean(expected), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(metrics["discriminator/real_logit"], X.mean(), rtol=1e-4)
    if loss.threshold is not None:
        sign = metrics["discriminator/real_sign"]
        expected_sign = np.sign(X - np.float32(loss.threshold)).mean()
        np.testing.assert_allclose(sign, expected_sign, atol=1e-6)


def test_flat_class_logits_are_refused_with_the_remedy():
    game = games.gan(
        (lambda key, z: jnp.zeros(()), lambda p, z: z + p),
        (lambda key, x: jnp.zeros(()), lambda p, x: x[:, :3] + p),
        priors.normal(16),
        loss=losses.hinge(),
    )
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    with pytest.raises(ValueError, match=r"\[m, L, 1\]; for class logits"):
        algorithm.init(jax.random.key(0), X)
    read = lambda output: output.mean(axis=1)
    game = games.gan(*game.players.values(), priors.normal(16), loss=losses.hinge())
    assert read(X).shape == (8,)


def test_every_builder_takes_a_readout():
    critic = (lambda key, x: jnp.zeros(()), lambda p, x: x[:, :3] + p)
    game = games.gan(
        (lambda key, z: jnp.zeros(()), lambda p, z: z + p),
        critic,
        priors.normal(16),
        loss=losses.hinge(),
        readout=lambda output: output.mean(axis=1),
        critic="judge",
    )
    state = advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), X)
    assert set(state.players) == {"generator", "judge"}
