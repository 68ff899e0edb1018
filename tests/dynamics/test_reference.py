"""Three steps of a tiny GAN equal backpropagation by hand in NumPy, float64.

The noise is recorded when it is drawn, so the reference does not depend on keys. This
also shows how many draws a step makes.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import dynamics, games, losses

M, LATENT, HIDDEN, DIM = 4, 3, 5, 2
RATE, MOMENTUM = 0.3, 0.5
RNG = np.random.default_rng(0)
DATA = RNG.normal(size=(3, 3 * M, DIM))
START = {
    "generator": {"w": RNG.normal(size=(LATENT, DIM)), "b": RNG.normal(size=(1, DIM))},
    "discriminator": {
        "w": RNG.normal(size=(DIM, HIDDEN)),
        "v": RNG.normal(size=(HIDDEN, 1)),
    },
}


def generate(params, z):
    return jnp.tanh(z @ params["w"] + params["b"])


def discriminate(params, x):
    return (jnp.tanh(x @ params["w"]) @ params["v"])[:, 0]


sigmoid = lambda x: 1 / (1 + np.exp(-x))


def critic_gradient(params, x, upstream):
    """Compute the gradients of sum(upstream · logits) in w, v and x."""
    hidden = np.tanh(x @ params["w"])
    into_hidden = upstream[:, None] * params["v"].T * (1 - hidden**2)
    gradients = {"w": x.T @ into_hidden, "v": hidden.T @ upstream[:, None]}
    return gradients, into_hidden @ params["w"].T


def discriminator_gradient(players, x, z):
    critic = players["discriminator"]
    fake = np.tanh(z @ players["generator"]["w"] + players["generator"]["b"])
    logits = lambda x: (np.tanh(x @ critic["w"]) @ critic["v"])[:, 0]
    real_side, _ = critic_gradient(critic, x, -sigmoid(-logits(x)) / M)
    fake_side, _ = critic_gradient(critic, fake, sigmoid(logits(fake)) / M)
    return {name: real_side[name] + fake_side[name] for name in real_side}


def generator_gradient(players, x, z):
    critic, params = players["discriminator"], players["generator"]
    fake = np.tanh(z @ params["w"] + params["b"])
    logits = (np.tanh(fake @ critic["w"]) @ critic["v"])[:, 0]
    _, into_fake = critic_gradient(critic, fake, -sigmoid(-logits) / M)
    into_sum = into_fake * (1 - fake**2)
    return {"w": z.T @ into_sum, "b": into_sum.sum(axis=0, keepdims=True)}


GRADIENTS = {
    "discriminator": discriminator_gradient,
    "generator": generator_gradient,
}


class Reference:
    """Gradient descent with momentum in NumPy, for each player."""

    def __init__(self):
        self.players = {name: dict(params) for name, params in START.items()}
        self.velocity = {
            name: {key: np.zeros_like(value) for key, value in params.items()}
            for name, params in START.items()
        }

    def update(self, names, x, z):
        gradients = {name: GRADIENTS[name](self.players, x, z) for name in names}
        for name, gradient in gradients.items():
            for key, slope in gradient.items():
                velocity = MOMENTUM * self.velocity[name][key] + slope
                self.velocity[name][key] = velocity
                self.players[name][key] = self.players[name][key] - RATE * velocity


def run(make):
    """Take three steps, and return the parameters and the noise that was drawn."""
    recorded = []

    def prior(key, num):
        z = jax.random.normal(key, (num, LATENT), jnp.float64)
        jax.debug.callback(lambda z: recorded.append(np.asarray(z)), z, ordered=True)
        return z

    game = games.gan(
        (lambda key, z: START["generator"], generate),
        (lambda key, x: START["discriminator"], discriminate),
        prior,
        loss=losses.non_saturating(),
    )
    algorithm, examples = make(game)
    state = algorithm.init(jax.random.key(0), DATA[0, :examples])
    jax.effects_barrier()
    recorded.clear()
    step = jax.jit(algorithm.train_step)
    for batch in DATA:
        state, _ = step(state, batch[:examples])
    jax.effects_barrier()
    players = {name: player.variables.params for name, player in state.players.items()}
    return players, recorded


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


def sgd():
    return optax.sgd(RATE, momentum=MOMENTUM)


def assert_equals_reference(players, reference):
    for name, params in reference.players.items():
        for key, value in params.items():
            np.testing.assert_allclose(
                players[name][key], value, rtol=1e-12, atol=1e-14
            )


def test_simultaneous():
    players, recorded = run(lambda game: (dynamics.simultaneous(game, sgd()), M))
    noise = recorded[::2]
    # Both objectives use the same draw.
    np.testing.assert_array_equal(recorded[::2], recorded[1::2])
    reference = Reference()
    for batch, z in zip(DATA, noise, strict=True):
        reference.update(["discriminator", "generator"], batch[:M], z)
    assert_equals_reference(players, reference)


@pytest.mark.ci
@pytest.mark.parametrize("k", [1, 3])
def test_alternating(k):
    players, recorded = run(
        lambda game: (dynamics.alternating(game, sgd(), k=k), k * M)
    )
    assert len({z.tobytes() for z in recorded}) == 3 * (k + 1)  # all different
    noise = iter(recorded)
    reference = Reference()
    for batch in DATA:
        minibatches = [batch[: k * M][i::k] for i in range(k)]
        for x in minibatches:
            reference.update(["discriminator"], x, next(noise))
        reference.update(["generator"], minibatches[-1], next(noise))
    assert_equals_reference(players, reference)
