"""Mean log-likelihoods, their standard errors, and means over folds."""

import numpy as np
import pytest

from advnet import parzen
from advnet.evaluation import MetricResult

RNG = np.random.default_rng(0)


def test_standard_error_is_over_examples():
    samples, x = RNG.uniform(size=(40, 7)), RNG.uniform(size=(50, 7))
    densities = np.asarray(parzen.log_density(samples, x, 0.3), np.float64)
    result = parzen.log_likelihood(samples, x, 0.3)
    np.testing.assert_allclose(result.value, densities.mean(), rtol=1e-6)
    error = densities.std(ddof=1) / 50**0.5
    np.testing.assert_allclose(result.standard_error, error, rtol=1e-6)
    assert (result.num_real, result.num_fake) == (50, 40)
    assert str(result).startswith("Parzen log-likelihood of raw values: ")


def test_across_folds():
    scores = [
        MetricResult("Parzen log-likelihood", mean, 9.0, 10, 100)
        for mean in (1.0, 2.0, 3.0)
    ]
    result = parzen.across_folds(scores)
    assert result.name == "Parzen log-likelihood"
    assert (result.value, result.num_real, result.num_fake) == (2.0, 30, 300)
    np.testing.assert_allclose(result.standard_error, 1 / 3**0.5)
    with pytest.raises(ValueError, match="at least two folds, got 1"):
        parzen.across_folds(scores[:1])
