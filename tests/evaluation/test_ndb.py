"""The number of statistically different bins."""

import numpy as np
import pytest
from scipy import spatial, stats

from advnet.evaluation import _ndb, modes


@pytest.mark.parametrize("d", [2, 200])
def test_bins_of_perfect_samples_differ_as_often_as_expected(d):
    """In 200 dimensions, half of the bins would differ if fitted examples counted."""
    rng = np.random.default_rng(0)
    runs = [
        modes.ndb(rng.normal(size=(1200, d)), rng.normal(size=(900, d)), k=20)
        for _ in range(10)
    ]
    share = np.mean([bins.share.value for bins in runs])
    expected = np.mean([bins.expected for bins in runs])
    # Four standard errors of a share near .05 in 200 nearly independent tests.
    assert abs(share - expected) < 4 * (0.05 / 200) ** 0.5
    assert 0.02 < expected < 0.06


def test_missing_modes_leave_bins_empty():
    rng = np.random.default_rng(0)
    x, y = (
        10 * rng.integers(0, 4, (2000, 1)) + rng.normal(size=(2000, 2))
        for _ in range(2)
    )
    y = y[y[:, 0] < 15]
    bins = modes.ndb(x, y, k=8)
    assert bins.share.value > 0.9
    assert bins.share.value == bins.different.mean()
    assert np.log(2) / 4 < bins.divergence.value < np.log(2)
    assert "of 8 bins of raw values differ" in str(bins)
    assert bins.real.sum() == 1000
    for result in (bins.share, bins.divergence):
        assert (result.num_real, result.num_fake) == (1000, len(y))


def test_z_scores_are_those_of_the_chi_squared_test():
    first, second = np.array([30, 5, 0, 65]), np.array([10, 8, 0, 32])
    z = _ndb._z_scores(first, second, 100, 50)
    for index in (0, 1, 3):
        table = [
            [first[index], second[index]],
            [100 - first[index], 50 - second[index]],
        ]
        squared = stats.chi2_contingency(table, correction=False).statistic
        assert z[index] ** 2 == pytest.approx(squared)
    assert z[2] == 0


def test_divergence_is_that_of_scipy():
    p, q = np.array([30, 5, 0, 65]) / 100, np.array([10, 8, 0, 32]) / 50
    expected = spatial.distance.jensenshannon(p, q) ** 2
    assert _ndb._jensen_shannon(p, q) == pytest.approx(expected)


def test_the_expected_share_agrees_with_a_simulation():
    totals, rng = np.array([0, 3, 40, 500]), np.random.default_rng(0)
    first = rng.hypergeometric(700, 300, np.repeat(totals[1:, None], 20_000, axis=1))
    scores = _ndb._z_scores(first, totals[1:, None] - first, 700, 300)
    expected = (abs(scores) > 1.96).mean() * 3 / 4  # the bin of total 0 never differs
    share = _ndb._expected_share(totals, 700, 300, 1.96)
    assert share == pytest.approx(expected, abs=0.003)


def test_bad_input():
    with pytest.raises(ValueError, match="n >= 2 k = 200"):
        modes.ndb(np.zeros((199, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="significance in"):
        modes.ndb(np.zeros((20, 2)), np.zeros((5, 2)), k=1, significance=5.0)
