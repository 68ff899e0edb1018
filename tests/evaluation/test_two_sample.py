"""A classifier's accuracy against the best there is, and its exact test."""

import numpy as np
import pytest
from scipy import stats

from advnet.evaluation import two_sample


def normals(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


@pytest.mark.parametrize(
    ("mu", "best"),
    [
        (0.5, 0.5987063),
        (1.0, 0.6914625),
        (2.0, 0.8413447),
        (3.0, 0.9331928),
        (4.0, 0.9772499),
    ],
)
def test_normals_against_the_best_accuracy(mu, best):
    """Within four standard errors of Phi(mu / 2), less 1 % for what was not learned."""
    x, y = normals(8000, 8000, 1)
    got = two_sample.c2st(x, y + mu)
    assert best - 4 * got.standard_error - 0.01 < got.value
    assert got.value < best + 4 * got.standard_error
    assert got.p_value < 1e-9
    assert (got.num_real, got.num_fake) == (4000, 4000)


def test_no_line_divides_them_and_units_do_not_matter():
    x, y = normals(3000, 2000, 4)
    got = two_sample.c2st(100 + 0.01 * x, 100 + 0.02 * y)
    assert got.value > 0.75
    assert got.num_real == 1000


def test_p_values_of_equal_sides_are_uniform():
    """40 of them: their mean within four standard errors of one half."""
    p = [
        two_sample.c2st(*normals(400, 400, 3, s), seed=s, num_steps=50).p_value
        for s in range(40)
    ]
    # A discrete p is a little above uniform: half a step of about 2 / sqrt(100).
    assert abs(np.mean(p) - 0.5) < 4 * (1 / 12 / 40) ** 0.5 + 0.03
    assert np.mean(np.array(p) < 0.05) <= 0.15


@pytest.mark.parametrize(
    ("hits", "false", "num"), [(7, 3, 10), (0, 0, 5), (5, 5, 5), (600, 480, 1000)]
)
def test_the_chance_is_fishers(hits, false, num):
    table = [[hits, false], [num - hits, num - false]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    got = two_sample._chance(hits, false, num)
    assert got == pytest.approx(expected, rel=1e-7)


def test_bad_input():
    x, y = normals(40, 40, 3)
    with pytest.raises(ValueError, match="n >= 20"):
        two_sample.c2st(x[:19], y)
    with pytest.raises(ValueError, match="num_steps >= 1"):
        two_sample.c2st(x, y, num_steps=0)
