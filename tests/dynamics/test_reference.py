"""Three updates of a tiny GAN, against backpropagation by hand in NumPy, float64.

The noise is recorded as it is drawn, so the reference needs to know nothing of keys,
and how many draws a step makes is seen too.
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
    """Gradients with respect to w, v and x of sum(upstream · logits)."""
    hidden = np.tanh(x @ params["w"])
    into_hidden = upstream[:, None] * params["v"].T * (1 - hidden**2)
    own = {"w": x.T @ into_hidden, "v": hidden.T @ upstream[:, None]}
    return own, into_hidden @ params["w"].T


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
    """Momentum descent, player by player."""

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
    """Three steps of an algorithm; returns its parameters and the noise it drew."""
    drawn = []

    def prior(key, num):
        z = jax.random.normal(key, (num, LATENT), jnp.float64)
        jax.debug.callback(lambda z: drawn.append(np.asarray(z)), z, ordered=True)
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
    drawn.clear()
    step = jax.jit(algorithm.train_step)
    for batch in DATA:
        state, _ = step(state, batch[:examples])
    jax.effects_barrier()
    players = {name: player.variables.params for name, player in state.players.items()}
    return players, drawn


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


def sgd():
    return optax.sgd(RATE, momentum=MOMENTUM)


def assert_same(got, reference):
    for name, params in reference.players.items():
        for key, value in params.items():
            np.testing.assert_allclose(got[name][key], value, rtol=1e-12, atol=1e-14)


def test_simultaneous():
    got, drawn = run(lambda game: (dynamics.simultaneous(game, sgd()), M))
    noise = drawn[::2]
    # One draw a step: both players' objectives saw the same.
    np.testing.assert_array_equal(drawn[::2], drawn[1::2])
    reference = Reference()
    for batch, z in zip(DATA, noise, strict=True):
        reference.move(["discriminator", "generator"], batch[:M], z)
    assert_same(got, reference)


@pytest.mark.parametrize("k", [1, 3])
def test_alternating(k):
    got, drawn = run(lambda game: (dynamics.alternating(game, sgd(), k=k), k * M))
    assert len({z.tobytes() for z in drawn}) == 3 * (k + 1)  # all fresh
    noise = iter(drawn)
    reference = Reference()
    for batch in DATA:
        minibatches = [batch[: k * M][i::k] for i in range(k)]
        for x in minibatches:
            reference.move(["discriminator"], x, next(noise))
        reference.move(["generator"], minibatches[-1], next(noise))
    assert_same(got, reference)
