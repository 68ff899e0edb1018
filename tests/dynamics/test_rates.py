"""Convergence rates on the Dirac-GAN and the bilinear game (Mescheder et al. 2018).

A training step is linearized at the equilibrium; its eigenvalues are the rates.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import dynamics, games, losses, terms
from advnet.types import Game, Network, Variables

H = 0.1


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


def dirac_gan(terms=()):
    """Return the game with data 0, generator theta and critic psi · x."""
    return games.gan(
        (lambda key, z: jnp.zeros((1, 1)), lambda theta, z: theta + 0 * z),
        (lambda key, x: jnp.zeros(1), lambda psi, x: x @ psi),
        lambda key, num: jnp.zeros((num, 1)),
        loss=losses.minimax(),  # f(t) of the paper
        terms=terms,
    )


def bilinear():
    """Return the game min over x, max over y of x · y, without critic and data."""
    number = Network(
        lambda key: Variables(jnp.zeros(())),
        lambda variables, key, train: (variables.params, variables.state),
    )
    product = lambda play: play("x") * play("y")
    return Game(
        players={"x": number, "y": number},
        objectives={
            "x": lambda play, batch, key: (product(play), {}),
            "y": lambda play, batch, key: (-product(play), {}),
        },
        turns=(("y",), ("x",)),
    )


def eigenvalues(algorithm, batch):
    """Compute the eigenvalues of the Jacobian of one step at the equilibrium 0."""
    state = algorithm.init(jax.random.key(0), batch)
    shapes = {name: p.variables.params.shape for name, p in state.players.items()}

    def step(point):
        players = {
            name: replace(
                state.players[name],
                variables=Variables(point[index].reshape(shape)),
            )
            for index, (name, shape) in enumerate(shapes.items())
        }
        after, _ = algorithm.train_step(replace(state, players=players), batch)
        return jnp.stack(
            [after.players[name].variables.params.reshape(()) for name in shapes]
        )

    return np.linalg.eigvals(jax.jacobian(step)(jnp.zeros(2)))


X = np.zeros((4, 1))


@pytest.mark.parametrize(
    ("make", "rate"),
    [
        (dynamics.simultaneous, (1 + H**2 / 4) ** 0.5),  # 1.0012492: diverges
        (dynamics.alternating, 1.0),  # neither converges nor diverges
    ],
)
def test_dirac_gan(make, rate):
    computed = eigenvalues(make(dirac_gan(), optax.sgd(H)), X)
    np.testing.assert_allclose(np.abs(computed), rate, atol=1e-6)


@pytest.mark.parametrize("penalty", [terms.r1, terms.r2])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_dirac_gan_with_gradient_penalties(penalty, gamma):
    """A simultaneous step is 1 + h times the flow; gamma = 1 is critical damping."""
    game = dirac_gan([penalty(gamma / 2)])
    step = eigenvalues(dynamics.simultaneous(game, optax.sgd(H)), X)
    flow = (step - 1) / H
    root = np.emath.sqrt(gamma**2 / 4 - 1 / 4)
    expected = [-gamma / 2 - root, -gamma / 2 + root]
    # At gamma = 1 the root is double: an error of 1e-16 changes it by 1e-8.
    np.testing.assert_allclose(np.sort_complex(flow), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "rate"),
    [
        (dynamics.simultaneous, (1 + H**2) ** 0.5),  # 1.004988
        (dynamics.alternating, 1.0),
    ],
)
def test_bilinear_game(make, rate):
    computed = eigenvalues(make(bilinear(), optax.sgd(H)), X)
    np.testing.assert_allclose(np.abs(computed), rate, atol=1e-6)


@pytest.mark.parametrize("h", [0.1, 0.3])
def test_extragradient_on_the_bilinear_game(h):
    """The rates are .9950377 for h = .1 and .9581753 for h = .3."""
    computed = eigenvalues(dynamics.extragradient(bilinear(), optax.sgd(h)), X)
    np.testing.assert_allclose(
        np.abs(computed), ((1 - h**2) ** 2 + h**2) ** 0.5, atol=1e-12
    )


@pytest.mark.parametrize(("h", "rate"), [(0.1, 0.9949362), (0.3, 0.9486833)])
def test_optimistic_on_the_bilinear_game(h, rate):
    """The update depends on the last gradient, so the rate is measured over steps."""
    algorithm = dynamics.optimistic(bilinear(), optax.sgd(h))
    state = algorithm.init(jax.random.key(0), X)
    start = {
        name: replace(player, variables=Variables(jnp.ones(())))
        for name, player in state.players.items()
    }
    state = replace(state, players=start)

    def step(state, _):
        state, _ = algorithm.train_step(state, X)
        point = [p.variables.params for p in state.players.values()]
        return state, jnp.hypot(*point)

    _, radii = jax.lax.scan(step, state, length=400)
    np.testing.assert_allclose(radii[-1] / radii[-2], rate, atol=1e-6)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_consensus_on_the_bilinear_game(gamma):
    """Half the squared gradient norm is half the squared distance to the origin."""
    algorithm = dynamics.consensus(bilinear(), optax.sgd(H), weight=gamma)
    expected = ((1 - H * gamma) ** 2 + H**2) ** 0.5
    np.testing.assert_allclose(np.abs(eigenvalues(algorithm, X)), expected, atol=1e-12)


@pytest.mark.parametrize("inner", [None, optax.sgd(H)])
@pytest.mark.parametrize("k", [1, 5])
def test_unrolled_bilinear_game(k, inner):
    """The unrolled y is y + k h x, so x minimizes x y + k h x²."""
    algorithm = dynamics.unrolled(bilinear(), optax.sgd(H), k=k, inner=inner)
    step = np.array([[1 - 2 * k * H**2, -H], [H, 1.0]])
    computed = np.sort_complex(eigenvalues(algorithm, X))
    np.testing.assert_allclose(
        computed, np.sort_complex(np.linalg.eigvals(step)), atol=1e-12
    )


def test_extragradient_on_the_dirac_gan():
    """The linearized game is bilinear with factor 1/2."""
    h = H / 2
    computed = eigenvalues(dynamics.extragradient(dirac_gan(), optax.sgd(H)), X)
    np.testing.assert_allclose(
        np.abs(computed), ((1 - h**2) ** 2 + h**2) ** 0.5, atol=1e-6
    )


def test_measured_growth_is_the_eigenvalue():
    """The distance to the equilibrium, 1e-6, grows by the rate in each of 100 steps."""
    algorithm = dynamics.simultaneous(dirac_gan(), optax.sgd(H))
    state = algorithm.init(jax.random.key(0), X)
    start = {"generator": jnp.full((1, 1), 1e-6), "discriminator": jnp.zeros(1)}
    players = {
        name: replace(player, variables=Variables(start[name]))
        for name, player in state.players.items()
    }
    state = replace(state, players=players)
    state, _ = jax.lax.scan(
        lambda state, _: (algorithm.train_step(state, X)[0], None), state, None, 100
    )
    radius = np.hypot(*(p.variables.params.reshape(()) for p in state.players.values()))
    np.testing.assert_allclose(
        (radius / 1e-6) ** 0.01, (1 + H**2 / 4) ** 0.5, atol=1e-6
    )


def test_optimistic_extrapolates_the_update():
    """The updates are +h, then 2 (-h) - (+h), because y changes its sign."""
    sign = optax.chain(optax.scale_by_sign(), optax.scale(-H))
    algorithm = dynamics.optimistic(bilinear(), sign)
    state = algorithm.init(jax.random.key(0), X)
    start = {"x": jnp.ones(()), "y": jnp.full((), -H / 2)}
    players = {
        name: replace(player, variables=Variables(start[name]))
        for name, player in state.players.items()
    }
    state = replace(state, players=players)
    for _ in range(2):
        state, _ = algorithm.train_step(state, X)
    np.testing.assert_allclose(state.players["x"].variables.params, 1 + H - 3 * H)
