"""Against exact marginals, quadrature in float64 and the unbiasedness of weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from advnet.evaluation.ais import _hmc, ais


def linear(latent, dim, sigma, seed=0):
    """A decoder z W + b, and the law of x under it."""
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(latent, dim)), rng.normal(size=dim)
    law = multivariate_normal(bias, weights.T @ weights + sigma**2 * np.eye(dim))
    weights, bias = jnp.float32(weights), jnp.float32(bias)[None]
    return lambda z: z @ weights + bias, law


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_linear_decoder_within_a_tenth_of_a_nat(seed):
    decode, law = linear(3, 6, 0.5, seed)
    x = law.rvs(32, random_state=seed)
    key = jax.random.key(seed)
    got = ais.log_likelihood(decode, x, 0.5, latent=3, key=key, num_steps=300)
    assert abs(got.mean - law.logpdf(x).mean()) < 0.1
    assert got.effective_chains.mean() > 8
    np.testing.assert_allclose(got.acceptance, 0.65, atol=0.1)


@pytest.mark.parametrize(("num_steps", "gap"), [(5, 10.0), (200, 0.3)])
def test_bounds_lie_about_the_truth(num_steps, gap):
    """Few temperatures make them loose, not wrong: within 4 standard errors."""
    decode, law = linear(3, 6, 0.5)
    got = ais.bounds(decode, 0.5, latent=3, key=jax.random.key(0), num_steps=num_steps)
    exact = law.logpdf(got.x)
    below = exact - got.lower.log_likelihoods
    above = got.upper.log_likelihoods - exact
    for excess in (below, above):
        assert -4 * excess.std() / 50**0.5 < excess.mean() < gap
    assert got.gap == pytest.approx((below + above).mean())
    assert got.standard_error == pytest.approx((below + above).std(ddof=1) / 50**0.5)


def test_weights_are_unbiased():
    """E[estimate / p(x)] = 1 up, E[p(x) / estimate] = 1 down, however few the steps."""
    decode, law = linear(2, 3, 1.0)
    few = {"latent": 2, "num_chains": 2, "num_steps": 5, "leapfrog": 3}
    x = np.repeat(law.rvs(1, random_state=0)[None], 3000, axis=0)
    up = ais.log_likelihood(
        decode, x, 1.0, key=jax.random.key(0), batch_size=3000, **few
    )
    both = ais.bounds(
        decode, 1.0, key=jax.random.key(1), num_examples=3000, batch_size=3000, **few
    )
    exact = law.logpdf(both.x)
    for log_ratio in (
        up.log_likelihoods - law.logpdf(x),
        both.lower.log_likelihoods - exact,
        exact - both.upper.log_likelihoods,
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


def flattened_uniform(z):
    return 2 * 3**0.5 * (2 * jax.scipy.stats.norm.cdf(z) - 1)


def by_quadrature(decode, x, sigma, latent):
    """In float64 but for the decoder, on a fine grid of z."""
    axis = np.linspace(-7, 7, 20_001 if latent == 1 else 701)
    grid = np.stack(np.meshgrid(*[axis] * latent), axis=-1).reshape(-1, latent)
    centers = np.asarray(decode(jnp.float32(grid)), np.float64)
    cell = latent * np.log(axis[1] - axis[0])
    prior = norm.logpdf(grid).sum(axis=1) + cell
    return np.array(
        [logsumexp(prior + norm.logpdf(one, centers, sigma).sum(axis=1)) for one in x]
    )


@pytest.mark.parametrize(("decode", "latent"), [(curve, 1), (surface, 2)])
def test_bent_decoders_against_quadrature(decode, latent):
    rng = np.random.default_rng(0)
    clean = np.asarray(decode(jnp.float32(rng.normal(size=(32, latent)))))
    x = clean + 0.3 * rng.normal(size=clean.shape)
    got = ais.log_likelihood(
        decode, x, 0.3, latent=latent, key=jax.random.key(0), num_steps=200
    )
    errors = got.log_likelihoods - by_quadrature(decode, x, 0.3, latent)
    assert abs(errors.mean()) < 0.1
    assert np.abs(errors).max() < 1


def test_uniform_noise_through_its_cdf():
    """2 U(-√3, √3) + N(0, .25), a difference of two normal integrals."""
    x = np.linspace(-4, 4, 16)[:, None]
    got = ais.log_likelihood(
        flattened_uniform, x, 0.5, latent=1, key=jax.random.key(0), num_steps=200
    )
    edge = 2 * 3**0.5
    exact = np.log((norm.cdf((x + edge) / 0.5) - norm.cdf((x - edge) / 0.5)) / 2 / edge)
    np.testing.assert_allclose(got.log_likelihoods, exact[:, 0], atol=0.5)
    assert abs(got.mean - exact.mean()) < 0.1


def test_a_decoder_that_ignores_z():
    """A Gaussian's density; 2,000 terms of a sum of 10⁵ lose no more than one would."""
    decode = lambda z: jnp.zeros((len(z), 4))
    x = np.full((2, 4), 30.0)
    got = ais.log_likelihood(
        decode, x, 0.1, latent=2, key=jax.random.key(0), num_steps=2000, leapfrog=1
    )
    exact = -4 * 900 / 0.02 - 4 * np.log(0.1 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(got.log_likelihoods, exact, rtol=2e-7)
    np.testing.assert_allclose(got.effective_chains, 16, rtol=0.01)


@pytest.mark.slow
def test_small_sigma():
    """Ten z, fifty values, each known 100 times better than before."""
    decode, law = linear(10, 50, 0.05)
    got = ais.bounds(
        decode, 0.05, latent=10, key=jax.random.key(0), num_examples=32, num_steps=5000
    )
    exact = law.logpdf(got.x).mean()
    assert abs(got.lower.mean - exact) < 0.2
    assert abs(got.upper.mean - exact) < 0.2


def test_one_step_at_a_time_reaches_the_same_estimate():
    decode, law = linear(2, 3, 0.5)
    x = law.rvs(5, random_state=0)
    key = jax.random.key(0)
    one, two, five = (
        ais.log_likelihood(
            decode, x, 0.5, latent=2, key=key, num_steps=20, batch_size=size
        )
        for size in (1, 2, 5)
    )
    for other in (one, two):
        errors = np.abs(other.log_likelihoods - five.log_likelihoods)
        # The last bit may turn a refused move into an accepted one, now and then.
        assert np.median(errors) < 1e-4
        assert errors.max() < 0.1


def test_says_what_it_did():
    got = ais.Annealed(
        np.array([1.0, 3.0]), np.array([4.0, 5.0]), np.array([0.6, 0.7]), 16, 1000
    )
    assert str(got) == (
        "2.0 ± 1.0 nats (n = 2; 4.5 effective of 16 chains of 1,000 steps, "
        "65% accepted)"
    )
    assert got.trusted
    assert not got._replace(effective_chains=np.array([1.0, 1.5])).trusted
    assert not got._replace(acceptance=np.array([0.1, 0.2])).trusted
    both = ais.Bounds(got, got._replace(log_likelihoods=np.array([2.0, 5.0])), None)
    assert str(both).startswith("gap 1.50 ± 0.50 nats\n  lower 2.0")


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


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"x": np.zeros(3)}, r"x of shape \[m, ...\] with m > 0, got \(3,\)"),
        ({"x": np.zeros((0, 3))}, r"x of shape .* got \(0, 3\)"),
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
    ],
)
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


def chains(num, temperature, seed=0):
    """Exact draws at a temperature, for a linear decoder; its mean and covariance."""
    decode, _ = linear(2, 3, 0.7)
    rows = np.asarray(decode(jnp.eye(2)) - decode(jnp.zeros((2, 2))), np.float64)
    x = np.array([1.0, -2.0, 0.5])
    covariance = np.linalg.inv(np.eye(2) + temperature * rows @ rows.T / 0.49)
    errors = x - np.asarray(decode(jnp.zeros((1, 2)))[0])
    mean = covariance @ rows @ errors * temperature / 0.49
    z = np.random.default_rng(seed).multivariate_normal(mean, covariance, num)
    locate = _hmc.locator(decode, jnp.float32(x), 0.7)
    return locate, jnp.float32(z), mean, covariance


def test_every_chain_has_its_own_slope():
    locate, z, mean, covariance = chains(5, 1.0)
    slope = (np.asarray(z) - mean) @ np.linalg.inv(covariance) - np.asarray(z)
    np.testing.assert_allclose(locate(z).slope, slope, rtol=1e-4, atol=1e-4)


def test_leapfrog_runs_backwards_and_keeps_energy():
    locate, z, *_ = chains(50, 0.5)
    start, momentum = locate(z), jax.random.normal(jax.random.key(0), z.shape)
    temperature = jnp.float32(0.5)

    def drift(step):
        end, last = _hmc.leapfrog(start, momentum, locate, temperature, step, 10)
        back, first = _hmc.leapfrog(end, -last, locate, temperature, step, 10)
        np.testing.assert_allclose(back.z, z, atol=1e-4)
        np.testing.assert_allclose(-first, momentum, atol=1e-4)
        energies = [
            _hmc._energy(*at, temperature) for at in ((start, momentum), (end, last))
        ]
        return float(jnp.abs(energies[1] - energies[0]).mean())

    # Of second order: half the step, a quarter of the error.
    coarse, fine = (drift(jnp.full((50, 1), step)) for step in (0.2, 0.1))
    assert fine < coarse / 3


@pytest.mark.parametrize("exact_start", [True, False])
def test_moves_leave_the_right_law(exact_start):
    """Means and covariances of 20,000 chains, whose steps are too long to be exact."""
    locate, z, mean, covariance = chains(20_000, 0.5)
    start = locate(z if exact_start else jnp.full_like(z, 3.0))

    def move(point, key):
        return _hmc.transition(
            key, point, locate, jnp.float32(0.5), jnp.float32(0.8), 3
        )

    keys = jax.random.split(jax.random.key(1), 5 if exact_start else 40)
    end, chances = jax.lax.scan(move, start, keys)
    assert 0.4 < chances.mean() < 0.95
    got = np.asarray(end.z, np.float64)
    spread = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(
        (got.mean(axis=0) - mean) / spread, 0, atol=4 / 20_000**0.5
    )
    # The standard error of a correlation or a relative variance is at most √(2/n).
    errors = (np.cov(got, rowvar=False) - covariance) / np.outer(spread, spread)
    np.testing.assert_allclose(errors, 0, atol=4 * (2 / 20_000) ** 0.5)
