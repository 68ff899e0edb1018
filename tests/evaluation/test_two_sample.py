"""Accuracy of the classifier against the best possible, and its exact test."""

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
def test_accuracy_on_normals_is_nearly_the_best(mu, best):
    """Within 4 standard errors of Phi(mu / 2), less 1 % for an imperfect fit."""
    x, y = normals(8000, 8000, 1)
    result = two_sample.c2st(x, y + mu)
    assert best - 4 * result.standard_error - 0.01 < result.value
    assert result.value < best + 4 * result.standard_error
    assert result.p_value < 1e-9
    assert (result.num_real, result.num_fake) == (4000, 4000)


@pytest.mark.ci
def test_a_difference_of_scales_in_small_units():
    """The classes are not linearly separable, and the unit must not matter."""
    x, y = normals(3000, 2000, 4)
    result = two_sample.c2st(100 + 0.01 * x, 100 + 0.02 * y)
    assert result.value > 0.75
    assert result.num_real == 1000


@pytest.mark.ci
def test_p_values_of_equal_sides_are_uniform():
    """The mean of 40 p-values is within 4 standard errors of one half."""
    p_values = [
        two_sample.c2st(*normals(400, 400, 3, s), seed=s, num_steps=50).p_value
        for s in range(40)
    ]
    # Discrete p-values are larger by half a step, and a step is about 2 / sqrt(100).
    assert abs(np.mean(p_values) - 0.5) < 4 * (1 / 12 / 40) ** 0.5 + 0.03
    assert np.mean(np.array(p_values) < 0.05) <= 0.15


def test_the_p_value_is_that_of_fishers_test():
    cases = [(7, 3, 10), (0, 0, 5), (5, 5, 5), (600, 480, 1000)]
    for true_positives, false_positives, num in cases:
        table = [
            [true_positives, false_positives],
            [num - true_positives, num - false_positives],
        ]
        expected = stats.fisher_exact(table, alternative="greater").pvalue
        p_value = two_sample._fisher_p_value(true_positives, false_positives, num)
        assert p_value == pytest.approx(expected, rel=1e-7)


def test_bad_input():
    x, y = normals(40, 40, 3)
    with pytest.raises(ValueError, match="n >= 20"):
        two_sample.c2st(x[:19], y)
    with pytest.raises(ValueError, match="num_steps >= 1"):
        two_sample.c2st(x, y, num_steps=0)
