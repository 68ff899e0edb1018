"""Section 4 of the paper against values of an independent float64 computation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm

from advnet import theory

X = np.linspace(-30.0, 30.0, 60_001)
CELL = 1e-3


@pytest.fixture(autouse=True)
def _x64():
    with jax.enable_x64(True):
        yield


def normal(mean=0.0, sd=1.0):
    return theory.discretize(norm.pdf(jnp.asarray(X), mean, sd), CELL)


def test_optimal_discriminator_of_two_normals():
    p, q = normal(), normal(1.0)
    d, logit = theory.optimal_discriminator(p, q), theory.optimal_logit(p, q)
    np.testing.assert_allclose(logit, 0.5 - X, atol=1e-9)
    np.testing.assert_allclose(d, jax.nn.sigmoid(logit), atol=1e-12)
    np.testing.assert_allclose(d[len(X) // 2], 0.6224593312, atol=1e-10)


def test_optimal_discriminator_of_bernoulli_distributions():
    p, q = jnp.array([0.5, 0.5, 0.0]), jnp.array([0.9, 0.1, 0.0])
    d = theory.optimal_discriminator(p, q)
    np.testing.assert_allclose(d, [0.35714, 0.83333, 0.5], atol=1e-5)


@pytest.mark.parametrize(
    ("mu", "jsd", "c"),
    [
        (0.5, 0.0303113005, -1.3256717601),
        (1.0, 0.1114214822, -1.1634513968),
        (2.0, 0.3368308203, -0.7126327204),
        (3.0, 0.5267773065, -0.3327397481),
        (4.0, 0.6327201937, -0.1208539736),
    ],
)
def test_shifted_normals(mu, jsd, c):
    p, q = normal(), normal(mu)
    np.testing.assert_allclose(theory.jensen_shannon(p, q), jsd, atol=1e-9)
    np.testing.assert_allclose(theory.criterion(p, q), c, atol=1e-9)
    best = theory.value(p, q, theory.optimal_logit(p, q))
    np.testing.assert_allclose(best, c, atol=1e-9)


@pytest.mark.parametrize(("sd", "jsd"), [(2.0, 0.0927333817), (3.0, 0.1864940191)])
def test_scaled_normals(sd, jsd):
    divergence = theory.jensen_shannon(normal(), normal(0.0, sd))
    np.testing.assert_allclose(divergence, jsd, atol=1e-9)


@pytest.mark.ci
def test_no_discriminator_beats_the_optimal_discriminator():
    p, q = jax.random.dirichlet(jax.random.key(0), jnp.ones(9), (2,))
    best = theory.value(p, q, theory.optimal_logit(p, q))
    random_logits = jax.random.normal(jax.random.key(1), (1_000, 9), p.dtype)
    values = jax.vmap(lambda logits: theory.value(p, q, logits))(random_logits)
    assert values.max() < best


def test_bounds_of_the_divergence():
    p, q = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
    np.testing.assert_allclose(theory.jensen_shannon(p, q), np.log(2))
    np.testing.assert_allclose(theory.criterion(p, q), 0, atol=1e-15)
    np.testing.assert_allclose(theory.criterion(p, p), -1.3862943611)
    certain = jnp.array([jnp.inf, -jnp.inf])
    assert theory.value(p, q, certain) == 0
    np.testing.assert_array_equal(theory.optimal_logit(p, q), certain)


def test_discretize_refuses_a_grid_that_misses_mass():
    with pytest.raises(ValueError, match="covers the mass .* got a mass of 0.5"):
        theory.discretize(norm.pdf(jnp.linspace(0, 8, 801)), 0.01)


@pytest.mark.ci
def test_descent_converges_to_the_data_from_ten_random_starts():
    """The JSD falls below 1e-6 (Proposition 2), also if many probabilities are tiny."""
    p = jax.random.dirichlet(jax.random.key(9), jnp.full(50, 0.3))
    starts = jax.random.dirichlet(jax.random.key(0), jnp.ones(50), (10,))
    run = lambda q: theory.descend(p, q, num_steps=100)
    q, divergences = jax.vmap(run)(starts)
    assert divergences.shape == (10, 101)
    assert divergences[:, 0].min() > 0.05
    assert divergences[:, -1].max() < 1e-6
    assert (np.diff(divergences, axis=1) <= 1e-15).all()  # never increases
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(q, np.tile(p, (10, 1)), atol=1e-6)


def test_cells_without_mass_contribute_nothing():
    p, q = jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])
    padded = [jnp.append(side, 0.0) for side in (p, q)]
    for divergence in (
        theory.jensen_shannon,
        theory.kl,
        theory.pearson,
        theory.le_cam,
        theory.squared_hellinger,
    ):
        assert float(divergence(*padded)) == float(divergence(p, q))
    final, divergences = theory.descend(*padded, num_steps=50)
    np.testing.assert_allclose(final, padded[0], atol=1e-3)
    assert divergences[-1] < 1e-6
