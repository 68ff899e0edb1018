"""Levels of all tests under the null hypothesis, on continuous and discrete data.

Of 1,000 runs, an exact test of level .05 rejects more than 74, and an exact test of
level .01 more than 21, with a probability below .001.
"""

import numpy as np
import pytest

from advnet.evaluation import distances, memorization, two_sample

NUM_RUNS = 1_000


def mmd(x, seed):
    return distances.mmd(x[:20], x[20:45], seed=seed)


def data_copying(x, seed):
    return memorization.data_copying(x[:30], x[30:50], x[50:75])


def c2st(x, seed):
    return two_sample.c2st(x[:80], x[80:160], hidden=(4,), num_steps=5, seed=seed)


DRAWS = {
    "normal": lambda rng: rng.normal(size=(160, 2)),
    "Bernoulli": lambda rng: rng.random((160, 1)) < 0.1,
    "flags": lambda rng: rng.random((160, 4)) < 0.2,
    "dice": lambda rng: rng.integers(1, 7, (160, 1)) / 10,
    "sparse": lambda rng: (rng.random((160, 2)) < 0.2) * rng.lognormal(size=(160, 2)),
}


@pytest.mark.ci
@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("test", [mmd, data_copying, c2st])
def test_no_test_exceeds_its_level(test, draw):
    p_values = np.array(
        [
            test(DRAWS[draw](np.random.default_rng(seed)), seed).p_value
            for seed in range(NUM_RUNS)
        ]
    )
    counts = [int((p_values <= level).sum()) for level in (0.05, 0.01)]
    assert counts[0] <= 74, counts
    assert counts[1] <= 21, counts


@pytest.mark.parametrize("bandwidth", [1e-6, 0.1, 0.5, 1.0, 10.0, 1e6, None])
def test_the_most_likely_division_of_one_rare_event_has_p_1(bandwidth):
    x, y = np.zeros((2, 20, 1))
    y[7] = 1
    bandwidths = None if bandwidth is None else [bandwidth]
    for sides in ((x, y), (y, x)):
        assert distances.mmd(*sides, bandwidths=bandwidths).p_value == 1


@pytest.mark.parametrize("offset", [0, 0.1, 1e6])
def test_ties_of_a_grid_are_ties_anywhere(offset):
    """On a grid, many divisions have equal estimates, whatever their rounding."""
    x, y = np.random.default_rng(3).integers(0, 3, (2, 24, 1)) / 8
    near, far = distances.mmd(x, y), distances.mmd(x + offset, y + offset)
    assert far.p_value == near.p_value
    train = np.arange(4)[:, None] / 8
    near, far = (
        memorization.data_copying(train + shift, x + shift, y + shift)
        for shift in (0, offset)
    )
    assert (far.value, far.p_value) == (near.value, near.p_value)
