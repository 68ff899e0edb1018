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
    """The plain variance has bias -1/n; that of the jackknife is 0 on average."""
    draws = np.random.default_rng(0).normal(size=(100, 2, 200))
    variances = lambda x, y: x.var() + y.var()
    estimates = [_statistics.jackknife(variances, x, y) for x, y in draws]
    values, errors = np.transpose(estimates)
    unbiased = draws.var(axis=2, ddof=1).sum(axis=1)
    assert np.mean(values - unbiased) == pytest.approx(0, abs=1e-3)  # plain: -0.01
    assert 0.05 < errors.min() < errors.max() < 0.5  # sqrt(2 * 2 / 200) = 0.14


def test_groups_of_a_jackknife_are_balanced_and_repeatable():
    for group in _statistics.draw_groups(200, 43):
        counts = np.bincount(group, minlength=_statistics.GROUPS)
        assert counts.max() - counts.min() <= 1
    first, second = (_statistics.draw_groups(200, 43)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
