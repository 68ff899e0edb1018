"""AIS estimates compared with exact marginals and with quadrature in float64."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from advnet.evaluation import ais

pytestmark = pytest.mark.ci


def linear(latent, dim, sigma, seed=0):
    """Return a decoder z W + b and the distribution of its x."""
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(latent, dim)), rng.normal(size=dim)
    law = multivariate_normal(bias, weights.T @ weights + sigma**2 * np.eye(dim))
    weights, bias = jnp.float32(weights), jnp.float32(bias)[None]
    return lambda z: z @ weights + bias, law


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_linear_decoder_within_a_tenth_of_a_nat(seed):
    decode, law = linear(3, 6, 0.5, seed)
    x = law.rvs(32, random_state=seed)
    key = jax.random.key(seed)
    estimate = ais.log_likelihood(decode, x, 0.5, latent=3, key=key, num_steps=300)
    assert abs(estimate.log_likelihood.value - law.logpdf(x).mean()) < 0.1
    assert estimate.effective_chains.mean() > 8
    np.testing.assert_allclose(estimate.acceptance, 0.65, atol=0.1)


@pytest.mark.parametrize(
    ("num_steps", "max_gap"),
    [pytest.param(5, 10.0, marks=pytest.mark.slow), (200, 0.3)],
)
def test_bounds_enclose_the_truth(num_steps, max_gap):
    """With few temperatures the bounds are loose and still hold, to 4 errors."""
    decode, law = linear(3, 6, 0.5)
    bounds = ais.bounds(
        decode, 0.5, latent=3, key=jax.random.key(0), num_steps=num_steps
    )
    exact = law.logpdf(bounds.x)
    below = exact - bounds.lower.log_likelihoods
    above = bounds.upper.log_likelihoods - exact
    for excess in (below, above):
        assert -4 * excess.std() / 50**0.5 < excess.mean() < max_gap
    gaps = below + above
    assert bounds.gap.value == pytest.approx(gaps.mean())
    assert bounds.gap.standard_error == pytest.approx(gaps.std(ddof=1) / 50**0.5)


@pytest.mark.slow
def test_weights_are_unbiased():
    """E[estimate / p(x)] = 1, and in reverse E[p(x) / estimate] = 1, for few steps."""
    decode, law = linear(2, 3, 1.0)
    options = {"latent": 2, "num_chains": 2, "num_steps": 5, "leapfrog": 3}
    options["batch_size"] = 3000
    x = np.repeat(law.rvs(1, random_state=0)[None], 3000, axis=0)
    estimate = ais.log_likelihood(decode, x, 1.0, key=jax.random.key(0), **options)
    bounds = ais.bounds(
        decode, 1.0, key=jax.random.key(1), num_examples=3000, **options
    )
    exact = law.logpdf(bounds.x)
    for log_ratio in (
        estimate.log_likelihoods - law.logpdf(x),
        bounds.lower.log_likelihoods - exact,
        exact - bounds.upper.log_likelihoods,
    ):
        ratio = np.exp(log_ratio)
        error = ratio.std() / 3000**0.5
        assert 0.001 < error < 0.05
        assert abs(ratio.mean() - 1) < 4 * error


def curve(z):
    return jnp.concatenate([jnp.sin(3 * z), z**2 / 2], axis=1)


def surface(z):
    first, second = z[:, :1], z[:, 1:]
    return jnp.concatenate([first * second, jnp.tanh(2 * first), second**2], axis=1)


def uniform(z):
    return 2 * 3**0.5 * (2 * jax.scipy.stats.norm.cdf(z) - 1)


def by_quadrature(decode, x, sigma, latent):
    """Integrate over a fine grid of z, in float64 except for the decoder."""
    axis = np.linspace(-7, 7, 20_001 if latent == 1 else 701)
    grid = np.stack(np.meshgrid(*[axis] * latent), axis=-1).reshape(-1, latent)
    centers = np.asarray(decode(jnp.float32(grid)), np.float64)
    cell = latent * np.log(axis[1] - axis[0])
    prior = norm.logpdf(grid).sum(axis=1) + cell
    return np.array(
        [logsumexp(prior + norm.logpdf(row, centers, sigma).sum(axis=1)) for row in x]
    )


@pytest.mark.parametrize(
    ("decode", "latent"), [(curve, 1), pytest.param(surface, 2, marks=pytest.mark.slow)]
)
def test_nonlinear_decoders_agree_with_quadrature(decode, latent):
    rng = np.random.default_rng(0)
    clean = np.asarray(decode(jnp.float32(rng.normal(size=(32, latent)))))
    x = clean + 0.3 * rng.normal(size=clean.shape)
    estimate = ais.log_likelihood(
        decode, x, 0.3, latent=latent, key=jax.random.key(0), num_steps=200
    )
    errors = estimate.log_likelihoods - by_quadrature(decode, x, 0.3, latent)
    assert abs(errors.mean()) < 0.1
    assert np.abs(errors).max() < 1


def test_uniform_noise_through_its_cdf():
    """The law of 2 U(-√3, √3) + N(0, .25) is a difference of two normal integrals."""
    x = np.linspace(-4, 4, 16)[:, None]
    estimate = ais.log_likelihood(
        uniform, x, 0.5, latent=1, key=jax.random.key(0), num_steps=200
    )
    edge = 2 * 3**0.5
    exact = np.log((norm.cdf((x + edge) / 0.5) - norm.cdf((x - edge) / 0.5)) / 2 / edge)
    np.testing.assert_allclose(estimate.log_likelihoods, exact[:, 0], atol=0.5)
    assert abs(estimate.log_likelihood.value - exact.mean()) < 0.1


def test_a_decoder_that_ignores_z():
    """The result is a Gaussian density; 2,000 terms of a sum of 10⁵ lose no digits."""
    decode = lambda z: jnp.zeros((len(z), 4))
    x = np.full((2, 4), 30.0)
    estimate = ais.log_likelihood(
        decode, x, 0.1, latent=2, key=jax.random.key(0), num_steps=2000, leapfrog=1
    )
    exact = -4 * 900 / 0.02 - 4 * np.log(0.1 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(estimate.log_likelihoods, exact, rtol=2e-7)
    np.testing.assert_allclose(estimate.effective_chains, 16, rtol=0.01)


@pytest.mark.slow
def test_small_sigma():
    """Each of ten z is known 100 times better after fifty values than before."""
    decode, law = linear(10, 50, 0.05)
    bounds = ais.bounds(
        decode, 0.05, latent=10, key=jax.random.key(0), num_examples=32, num_steps=5000
    )
    exact = law.logpdf(bounds.x).mean()
    assert abs(bounds.lower.log_likelihood.value - exact) < 0.2
    assert abs(bounds.upper.log_likelihood.value - exact) < 0.2


@pytest.mark.slow
def test_batch_size_does_not_change_the_estimate():
    decode, law = linear(2, 3, 0.5)
    x = law.rvs(5, random_state=0)
    key = jax.random.key(0)
    first, second, whole = (
        ais.log_likelihood(
            decode, x, 0.5, latent=2, key=key, num_steps=20, batch_size=size
        )
        for size in (1, 2, 5)
    )
    for estimate in (first, second):
        errors = np.abs(estimate.log_likelihoods - whole.log_likelihoods)
        # Moves amplify rounding, and the last bit may decide whether one is accepted.
        assert np.median(errors) < 1e-3
        assert errors.max() < 0.1


def test_too_few_temperatures_warn():
    decode, law = linear(10, 50, 0.05)
    with pytest.warns(UserWarning, match="effective of 16 .* may be far above"):
        ais.log_likelihood(
            decode, law.rvs(4), 0.05, latent=10, key=jax.random.key(0), num_steps=10
        )


def broken(z):
    return jnp.full((len(z), 3), jnp.nan)


GOOD = {
    "decode": lambda z: z @ jnp.ones((2, 3)),
    "x": np.zeros((4, 3)),
    "sigma": 1.0,
    "latent": 2,
    "key": jax.random.key(0),
    "num_steps": 2,
}
BAD = [
    ({"x": np.zeros(3)}, r"x \[n, ...\] with n >= 1, got shape \(3,\)"),
    ({"x": np.zeros((0, 3))}, r"x .* got shape \(0, 3\)"),
    ({"x": np.zeros((4, 5))}, r"to \[2, 5\], got \(2, 3\)"),
    ({"x": np.zeros((4, 3, 1))}, r"to \[2, 3, 1\], got \(2, 3\)"),
    ({"x": np.full((4, 3), np.nan)}, "finite x"),
    ({"x": np.full((4, 3), np.inf)}, "finite x"),
    ({"sigma": 0.0}, "sigma, one positive number, got 0.0"),
    ({"sigma": -1.0}, "sigma, one positive number, got -1.0"),
    ({"sigma": np.nan}, "sigma, one positive number, got nan"),
    ({"sigma": [0.1, 1.0]}, r"sigma, one positive number, got \[0.1, 1.0\]"),
    ({"latent": 0}, "latent >= 1, got 0"),
    ({"num_steps": 0}, "num_steps >= 1, got 0"),
    ({"leapfrog": 0}, "leapfrog >= 1, got 0"),
    ({"batch_size": 0}, "batch_size >= 1, got 0"),
    ({"num_chains": 1}, "num_chains >= 2, got 1"),
    ({"decode": lambda z: z.sum()}, r"to \[2, 3\], got \(\)"),
    ({"decode": lambda z: (z, z)}, "got None"),
    ({"decode": broken}, "NaN or infinity in the likelihood of 4 of 4"),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_bad_input(bad, message):
    options = GOOD | bad
    arguments = [options.pop(name) for name in ("decode", "x", "sigma")]
    with pytest.raises(ValueError, match=message):
        ais.log_likelihood(*arguments, **options)


def test_bad_bounds():
    with pytest.raises(ValueError, match="num_examples >= 1"):
        ais.bounds(GOOD["decode"], 1.0, latent=2, key=jax.random.key(0), num_examples=0)
    with pytest.raises(ValueError, match=r"to \[2, ...\], got \(\)"):
        ais.bounds(lambda z: z.sum(), 1.0, latent=2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="NaN or infinity in the likelihood of 50"):
        ais.bounds(broken, 1.0, latent=2, key=jax.random.key(0), num_steps=2)


def test_missing_blackjax_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "blackjax.mcmc.hmc", None)
    options = dict(GOOD)
    arguments = [options.pop(name) for name in ("decode", "x", "sigma")]
    with pytest.raises(ImportError, match=r'pip install "advnet\[ais\]"'):
        ais.log_likelihood(*arguments, **options)


def test_x_far_from_0_is_refused_if_float32_rounds_it():
    with pytest.raises(ValueError, match="hundredth of sigma = 0.1, got .* by 50"):
        ais.log_likelihood(
            lambda z: z, np.array([[1.7e9 + 50]]), 0.1, latent=1, key=jax.random.key(0)
        )
