"""Modes found, their quality and balance."""

import numpy as np
import pytest
from scipy import spatial, stats

from advnet.evaluation import _bins, modes

MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def test_a_perfect_sampler():
    rng = np.random.default_rng(0)
    x = np.repeat(MEANS, 10_000, axis=0)
    got = modes.of_mixture(x + 0.1 * rng.normal(size=x.shape), MEANS, 0.1)
    assert got.found == 3
    assert got.quality == pytest.approx(1 - np.exp(-4.5), abs=4 * got.quality_error)
    assert got.reverse_kl == pytest.approx(0, abs=1e-12)


def test_what_is_far_counts_at_its_nearest_for_the_balance_alone():
    got = modes.of_mixture(np.array([[0.0, 0.0], [2.0, 0.31]]), MEANS, 0.1)
    assert got.counts.tolist() == [1, 0, 0]
    assert (got.found, got.quality) == (1, 0.5)
    assert got.reverse_kl == pytest.approx(np.log(3 / 2))


def test_stacked_mnist_of_a_perfect_sampler():
    """26,000 draws: .0238, sd .0010, as digits are not equally frequent in MNIST."""
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    rng, share = np.random.default_rng(0), np.array(counts) / 60_000
    digits = rng.choice(10, size=(10, 26_000, 3), p=share)
    kl = [modes.of_labels(d @ [100, 10, 1], 1000).reverse_kl for d in digits]
    assert np.mean(kl) == pytest.approx(0.0238, abs=4 * 0.001 / 10**0.5)


def test_bad_input():
    with pytest.raises(ValueError, match=r"samples \[n, d\] and means \[k, d\]"):
        modes.of_mixture(np.zeros((5, 3)), MEANS, 0.1)
    with pytest.raises(ValueError, match="sd > 0"):
        modes.of_mixture(np.zeros((5, 2)), MEANS, 0.0)
    for labels in ([3, 10], [-1], [0.5], []):
        with pytest.raises(ValueError, match=r"in \[0, 10\)"):
            modes.of_labels(np.array(labels), 10)
    with pytest.raises(ValueError, match=r"\[n, h, w, 3\]"):
        modes.of_stacked(np.zeros((5, 2, 2, 1)), len)
    with pytest.raises(ValueError, match="digits 0 to 9"):
        modes.of_stacked(np.zeros((5, 2, 2, 3)), lambda x: np.full(len(x), 10))
    with pytest.raises(ValueError, match=r"\[n, h, w, 1\]"):
        modes.stack(np.zeros((5, 2, 2, 3)), 4)
    with pytest.raises(ValueError, match="n >= 2 k = 200"):
        modes.ndb(np.zeros((199, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="significance in"):
        modes.ndb(np.zeros((20, 2)), np.zeros((5, 2)), k=1, significance=5.0)


def test_stacked_digits_are_read_channel_by_channel():
    images = np.arange(10)[:, None, None, None] * np.ones((10, 2, 2, 1))
    stacked = modes.stack(images, 500, seed=1)
    got = modes.of_stacked(stacked, lambda x: x[:, 0, 0, 0].astype(int))
    codes = stacked[:, 0, 0] @ [100, 10, 1]
    np.testing.assert_array_equal(np.flatnonzero(got.counts), np.unique(codes))
    assert len(np.unique(codes)) > 300  # of 1,000 an expected 394 would be found
    assert (got.num, len(got.counts)) == (500, 1000)


@pytest.mark.parametrize("d", [2, 200])
def test_bins_of_honest_samples_differ_as_often_as_expected(d):
    """In 200 dimensions, counting the fitted examples, half of all bins would."""
    rng = np.random.default_rng(0)
    got = [
        modes.ndb(rng.normal(size=(1200, d)), rng.normal(size=(900, d)), k=20)
        for _ in range(10)
    ]
    expected = np.mean([bins.expected for bins in got])
    # 200 tests, little dependent: four standard errors of a share near .05.
    assert abs(np.mean([b.share for b in got]) - expected) < 4 * (0.05 / 200) ** 0.5
    assert 0.02 < expected < 0.06


def test_missing_modes_leave_bins_empty():
    rng = np.random.default_rng(0)
    x, y = (
        10 * rng.integers(0, 4, (2000, 1)) + rng.normal(size=(2000, 2)) for _ in "xy"
    )
    got = modes.ndb(x, y[y[:, 0] < 15], k=8)
    assert got.share > 0.9
    assert np.log(2) / 4 < got.divergence < np.log(2)
    assert "of 8 bins of raw values differ" in str(got)
    assert got.train.sum() == 1000


def test_tests_of_bins_are_those_of_the_literature():
    first, second = np.array([30, 5, 0, 65]), np.array([10, 8, 0, 32])
    z = _bins._scores(first, second, (100, 50))
    for index in (0, 1, 3):
        table = [
            [first[index], second[index]],
            [100 - first[index], 50 - second[index]],
        ]
        squared = stats.chi2_contingency(table, correction=False).statistic
        assert z[index] ** 2 == pytest.approx(squared)
    assert z[2] == 0
    p, q = first / 100, second / 50
    expected = spatial.distance.jensenshannon(p, q) ** 2
    assert _bins._divergence(p, q) == pytest.approx(expected)


def test_the_expected_share_by_drawing():
    totals, rng = np.array([0, 3, 40, 500]), np.random.default_rng(0)
    first = rng.hypergeometric(700, 300, np.repeat(totals[1:, None], 20_000, axis=1))
    scores = _bins._scores(first, totals[1:, None] - first, (700, 300))
    got = _bins._expected(totals, (700, 300), 1.96)
    assert got == pytest.approx((abs(scores) > 1.96).mean() * 3 / 4, abs=0.003)
