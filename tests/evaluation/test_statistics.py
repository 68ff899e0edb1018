"""Standard errors and hypergeometric probabilities against SciPy and formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from advnet.evaluation import _statistics


def test_standard_error_of_a_mean():
    x = np.random.default_rng(0).normal(size=50)
    assert _statistics.standard_error(x) == pytest.approx(stats.sem(x))
    assert math.isnan(_statistics.standard_error(x[:1]))


def test_standard_error_of_a_share():
    assert _statistics.proportion_error(0.2, 100) == pytest.approx(0.04)
    assert _statistics.proportion_error(1.0, 100) == 0


def test_hypergeometric_probabilities():
    for total, n, m in ((5, 7, 3), (0, 4, 4), (8, 4, 4), (300, 500, 200)):
        counts, probabilities = _statistics.hypergeometric(total, n, m)
        expected = stats.hypergeom(n + m, total, n).pmf(counts)
        np.testing.assert_allclose(probabilities, expected, rtol=1e-8)
        assert probabilities.sum() == pytest.approx(1)


def test_jackknife_removes_the_bias_of_a_variance():
    """The plain variance has bias -1/n; the jackknife gives the unbiased estimate."""
    x, y = np.random.default_rng(0).normal(size=(2, 200))
    variances = lambda x, y: x.var() + y.var()
    value, error = _statistics.jackknife(variances, x, y)
    assert value == pytest.approx(x.var(ddof=1) + y.var(ddof=1), rel=1e-3)
    assert 0.05 < error < 0.5  # about sqrt(2 * 2 / 200) = 0.14, from ten groups
