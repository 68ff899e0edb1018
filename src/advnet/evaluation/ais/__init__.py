r"""Log-likelihood of a decoder by annealed importance sampling (AIS).

The model is the generator with Gaussian noise on its output,

.. math:: z \sim N(0, I), \quad x \mid z \sim N(\operatorname{decode}(z), \sigma^2 I).

Parzen windows estimate the likelihood of the same model by plain Monte Carlo. AIS moves
chains from the prior of z to its posterior given x, through temperatures

.. math:: p_t(z) \propto N(z; 0, I)\, N(x; \operatorname{decode}(z), \sigma^2 I)^{
          \beta_t}, \quad 0 = \beta_0 < \dots < \beta_T = 1.

The weights that the chains collect estimate p(x) without bias. The logarithm of the
estimate is therefore a lower bound of log p(x) in expectation. The bound is tight with
many temperatures; `bounds` measures how tight.

Results are in nats; `sigma` has the unit of the data. A log-likelihood belongs to one
sigma: choose it on validation examples, with `parzen.select_bandwidth` or with this
log-likelihood, and report it.

If the noise of a generator is not normal, map normal z to its noise. For
`priors.uniform(100)`:

    def decode(z):
        noise = math.sqrt(3) * (2 * jax.scipy.stats.norm.cdf(z) - 1)
        return advnet.apply(game, state, "generator", noise)

    sigma = parzen.select_bandwidth(samples, valid).sigma
    print(ais.log_likelihood(decode, test[:100], sigma, latent=100, key=key))
    print(ais.bounds(decode, sigma, latent=100, key=key))  # how tight the bound is

The chains need blackjax: `pip install "advnet[ais]"`.

References:
  Neal 2001; Wu et al. 2017, "On the Quantitative Analysis of Decoder-Based Generative
  Models"; Grosse et al. 2015 for the two-sided bounds.
"""

from advnet.evaluation.ais._ais import bounds, log_likelihood
from advnet.evaluation.ais._results import Bounds, Estimate

__all__ = ["Bounds", "Estimate", "bounds", "log_likelihood"]
