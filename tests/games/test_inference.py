"""Inference of z from x, by encoders and by search, where the answer is known."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import games, losses, modules, priors, terms
from advnet.types import Network, Variables

KEY = jax.random.key(0)
W = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, -1.0]])  # x = z W + sd * noise
SD = 0.5
PRIOR = priors.normal(3)


@pytest.fixture(autouse=True)
def standard_promotion():
    """Allow promotion: optax's Adam raises a float to the power of an int32 step."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def linear_gaussian(sd=SD):
    """Return a generator z W + sd * noise, which draws this noise itself."""

    def apply(variables, z, *, key, train):
        x = z @ variables.params
        return x + sd * jax.random.normal(key, x.shape), variables.state

    return Network(lambda key, z: Variables(W), apply)


def gan(generator):
    return games.gan(generator, nn.Dense(1), priors.normal(2), loss=losses.hinge())


def initial_state(game):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, jnp.zeros((8, 3)))


@pytest.mark.ci
def test_an_added_encoder_learns_the_posterior_mean():
    """E(x) = W' (W W' + sd² I)^-1 x, within .02 in every entry (10 sd of 5 seeds)."""
    game = gan(linear_gaussian())
    state = initial_state(game)
    larger_game = games.add_player(
        game,
        "encoder",
        nn.Dense(2, use_bias=False),
        games.noise_prediction(priors.normal(2)),
    )
    rate = optax.cosine_decay_schedule(0.03, 1_500)
    algorithm = advnet.alternating(larger_game, optax.adam(rate))
    before = advnet.transfer(algorithm.init(KEY, jnp.zeros((256, 3))), state)
    step = lambda state, _: algorithm.train_step(state, jnp.zeros((256, 3)))
    after, metrics = jax.jit(lambda s: jax.lax.scan(step, s, length=1_500))(before)
    posterior = np.linalg.inv(W.T @ W + SD**2 * np.eye(3)) @ W.T
    kernel = after.players["encoder"].variables.params["kernel"]
    np.testing.assert_allclose(kernel, posterior, atol=0.02)
    variance = np.trace(np.eye(2) - W @ posterior)  # of the posterior
    loss = metrics["encoder/loss"][-300:].mean()
    np.testing.assert_allclose(loss, variance, rtol=0.05)
    np.testing.assert_array_equal(after.players["generator"].variables.params, W)


def test_a_frozen_player_needs_no_optimizer():
    game = gan(linear_gaussian())
    larger_game = games.add_player(
        game, "encoder", nn.Dense(2), games.noise_prediction(priors.normal(2))
    )
    algorithm = advnet.alternating(larger_game, {"encoder": optax.adam(1e-3)})
    state = algorithm.init(KEY, jnp.zeros((8, 3)))
    assert state.players["generator"].opt_state == ()
    with pytest.raises(ValueError, match=r"No optimizer for \['encoder'\]"):
        advnet.alternating(larger_game, {"generator": optax.sgd(0.1)})


def test_an_encoder_can_be_trained_with_the_other_players():
    game = gan(nn.Dense(3))
    objective = games.noise_prediction(priors.normal(2))
    larger_game = games.add_player(
        game, "encoder", nn.Dense(2), objective, frozen=False
    )
    assert larger_game.turns == (("discriminator",), ("generator",), ("encoder",))
    algorithm = advnet.alternating(larger_game, optax.sgd(0.1))
    x = jnp.ones((8, 3))
    state, metrics = algorithm.train_step(algorithm.init(KEY, x), x)
    assert {"generator/loss", "encoder/loss"} <= set(metrics)
    assert advnet.encode(larger_game, state, x, KEY).shape == (8, 2)


def test_names_and_networks_that_do_not_fit_are_refused():
    game = gan(nn.Dense(3))
    with pytest.raises(ValueError, match="'generator' is taken: the game has"):
        games.add_player(game, "generator", nn.Dense(2), None)
    state = initial_state(game)
    without_bias = initial_state(gan(nn.Dense(3, use_bias=False)))
    with pytest.raises(ValueError, match="different networks for 'generator'"):
        advnet.transfer(state, without_bias)
    with pytest.raises(ValueError, match="cannot encode. Train games.bidirectional"):
        advnet.encode(game, state, jnp.zeros((8, 3)), KEY)


def test_search_inverts_a_generator():
    """tanh(z W) is injective, so every x of its range has one z."""
    z = jax.random.uniform(KEY, (16, 2), minval=-0.5, maxval=0.5)
    generator = (lambda key, z: W, lambda w, z: jnp.tanh(z @ w))
    game = gan(generator)
    state = initial_state(game)
    game = games.with_inversion(game, priors.normal(2), num_steps=500, restarts=3)
    code = advnet.encode(game, state, jnp.tanh(z @ W), jax.random.key(5))
    np.testing.assert_allclose(code, z, atol=2e-3)


@pytest.mark.ci
def test_restarts_escape_a_local_minimum():
    """x = (z² - 1)² + z / 2 has two minima; only one of them reaches a small x."""
    polynomial = lambda z: (z**2 - 1) ** 2 + z / 2
    game = games.gan(
        (lambda key, z: jnp.zeros(1), lambda p, z: polynomial(z) + p[None] * 0),
        nn.Dense(1),
        priors.normal(1),
        loss=losses.hinge(),
    )
    x = jnp.full((64, 1), -0.5)  # only near z = -1
    state = advnet.alternating(game, optax.sgd(0.1)).init(KEY, x)
    failures = {}
    for restarts in (1, 8):
        search = games.with_inversion(game, priors.normal(1), restarts=restarts)
        z = advnet.encode(search, state, x, KEY)
        failures[restarts] = np.mean(np.abs(polynomial(z) - x) > 0.1)
    assert failures[1] > 0.2
    assert failures[8] < 0.02


def test_bidirectional_objective_is_the_critic_loss_with_sides_exchanged():
    """With D(x, z) = a x + b z, softplus(D(real)) + softplus(-D(fake)) by hand."""
    game = games.bidirectional(
        (lambda key, z: jnp.full((1, 1), 2.0), lambda w, z: z @ w),
        (lambda key, x: jnp.full((1, 1), 3.0), lambda w, x: x @ w),
        (
            lambda key, x, z: jnp.ones(2),
            lambda w, x, z: x[:, 0] * w[0] + z[:, 0] * w[1],
        ),
        lambda key, num: jnp.full((num, 1), 0.5),
        loss=losses.non_saturating(),
    )
    x = jnp.array([[1.0], [-1.0]])
    algorithm = advnet.simultaneous(game, optax.sgd(0.0))
    _, metrics = algorithm.train_step(algorithm.init(KEY, x), x)
    real, fake = np.array([4.0, -4.0]), 1.5
    softplus = lambda v: np.log1p(np.exp(v))
    expected = softplus(real).mean() + softplus(-fake)
    for name in ("generator", "encoder"):
        np.testing.assert_allclose(metrics[f"{name}/loss"], expected, rtol=1e-6)


@pytest.mark.slow
def test_bidirectional_learns_to_invert():
    """For x = 3 z, 4 of 5 seeds invert to .15 rms and match the spread to 10 %."""
    num_steps = 3_000
    tanh = lambda units: nn.Sequential([nn.Dense(64), nn.tanh, nn.Dense(units)])
    prior = priors.normal(1)
    game = games.bidirectional(
        nn.Dense(1),
        nn.Dense(1),
        modules.Concatenate(tanh(1)),
        prior,
        loss=losses.non_saturating(),
        terms=[advnet.terms.r1(0.1)],
    )

    def train(key):
        rate = optax.linear_schedule(5e-3, 0.0, num_steps)
        algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0))
        draw = lambda key: 3 * jax.random.normal(key, (128, 1))
        step = lambda state, key: (algorithm.train_step(state, draw(key))[0], None)
        state = algorithm.init(key, draw(key))
        state, _ = jax.lax.scan(step, state, jax.random.split(key, num_steps))
        z = prior(key, 2_000)
        x = advnet.apply(game, state, "generator", z)
        code = advnet.encode(game, state, x, key)
        return jnp.sqrt(((code - z) ** 2).mean()), x.std()

    errors, spreads = jax.jit(jax.vmap(train))(jax.random.split(KEY, 5))
    correct = (np.asarray(errors) < 0.15) & (np.abs(np.asarray(spreads) - 3) < 0.3)
    assert correct.sum() >= 4, (errors, spreads)


def test_an_average_starts_from_the_transferred_parameters():
    game = games.gan(nn.Dense(2), nn.Dense(1), PRIOR, loss=losses.hinge())
    algorithm = advnet.averaged(advnet.alternating(game, optax.sgd(0.1)))
    x = jnp.ones((8, 2))
    source = algorithm.init(jax.random.key(1), x)
    state = advnet.transfer(algorithm.init(KEY, x), source)
    samples = [advnet.sample(game, s, KEY, 5, average=True) for s in (state, source)]
    np.testing.assert_array_equal(*samples)


def test_a_projected_search_stays_in_the_support_of_the_prior():
    game = games.gan(nn.Dense(2), nn.Dense(1), PRIOR, loss=losses.hinge())
    state = advnet.alternating(game, optax.sgd(0.1)).init(KEY, jnp.ones((8, 2)))
    search = lambda **options: games.encode(
        games.with_inversion(
            game, PRIOR, num_steps=50, optimizer=optax.sgd(0.5), **options
        ),
        state,
        jnp.full((4, 2), 50.0),
        KEY,
    )
    assert float(jnp.abs(search()).max()) > 1
    z = search(project=lambda z: jnp.clip(z, -1, 1))
    assert float(jnp.abs(z).max()) <= 1


@pytest.mark.ci
def test_reconstruction_does_not_change_batch_statistics():
    """The codes of this encoder are far from the prior and would shift them."""
    encoder = (lambda key, x: jnp.full((1, 3), 9.0), lambda w, x: w + 0 * x[:, :1])
    generator = modules.MLPGenerator((3,), (4,), output=lambda x: x, batch_norm=True)
    x = jnp.zeros((32, 3))
    states = []
    for game_terms in ((), terms.reconstruction()):
        game = games.bidirectional(
            generator,
            encoder,
            modules.Concatenate(nn.Dense(1)),
            PRIOR,
            loss=losses.hinge(),
            terms=game_terms,
        )
        algorithm = advnet.simultaneous(game, optax.sgd(0.0))
        state, _ = algorithm.train_step(algorithm.init(KEY, x), x)
        states.append(state.players["generator"].variables.state)
    for a, b in zip(*map(jax.tree.leaves, states), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_inversion_of_a_conditional_game():
    game = games.conditional(
        advnet.modules.Concatenate(nn.Dense(2), num_classes=3),
        advnet.modules.Concatenate(nn.Dense(1), num_classes=3),
        priors.normal(3),
        loss=losses.hinge(),
    )
    x = jax.random.normal(KEY, (16, 2))
    labels = jnp.arange(16) % 3
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), (x, labels))
    game = games.with_inversion(game, priors.normal(3), num_steps=300, restarts=2)
    z = advnet.encode(game, state, x, jax.random.key(1), condition=labels)
    inverse = advnet.sample(
        game, state, jax.random.key(2), 16, condition=labels, noise=z
    )
    np.testing.assert_allclose(inverse, x, atol=0.02)


def test_gan_takes_a_pytree_of_data():
    generator = (
        lambda key, z: jnp.zeros((1, 2)),
        lambda p, z: {"a": z[:, :2] + p, "b": z[:, :1] + p[:, :1]},
    )
    critic = (
        lambda key, x: jnp.ones(()),
        lambda p, x: p * x["a"].sum(axis=1) + x["b"][:, 0],
    )
    game = games.gan(generator, critic, priors.normal(3), loss=losses.hinge())
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    batch = {"a": jnp.ones((4, 2)), "b": jnp.ones((4, 1))}
    state = algorithm.init(jax.random.key(0), batch)
    state, _ = algorithm.train_step(state, batch)
    drawn = advnet.sample(game, state, jax.random.key(1), 5)
    assert drawn["a"].shape == (5, 2)
