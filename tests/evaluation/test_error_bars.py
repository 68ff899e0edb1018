"""Calibration of every standard error against the spread between draws."""

import numpy as np
import pytest

from advnet.evaluation import distances, diversity, manifolds, parzen, two_sample

NUM_DRAWS, SIZE = 30, 200


def prdc(name):
    return lambda x, y: getattr(manifolds.prdc(x, y), name)


def waves(x):
    """Return gray images [n, 16, 16, 1] in [0, 1] that are smooth in x [n, 3]."""
    time = np.linspace(0, 3, 256)
    basis = np.stack([np.sin((i + 1) * time) for i in range(3)])
    return (0.5 + np.tanh(x @ basis) / 2).reshape(-1, 16, 16, 1)


CENTERS = np.random.default_rng(1).normal(size=(SIZE, 3)).astype(np.float32)
CASES = {
    "frechet": distances.frechet,
    "kernel": distances.kernel,
    "mmd": lambda x, y: distances.mmd(x, y, permutations=1),
    "sliced_wasserstein": distances.sliced_wasserstein,
    "c2st": lambda x, y: two_sample.c2st(x, y, num_steps=100),
    "ms_ssim": lambda x, y: diversity.ms_ssim(None, waves(y)).fake,
    "parzen": lambda x, y: parzen.log_likelihood(CENTERS, y, 0.5),
    **{name: prdc(name) for name in ("precision", "recall", "density", "coverage")},
}
SLOW = ("kernel", "mmd", "c2st")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
        for name in CASES
    ],
)
def test_standard_errors_are_calibrated(name):
    """They are hardly too small and at most twice too large; 30 draws resolve 13 %."""
    rng = np.random.default_rng(0)
    results = []
    for _ in range(NUM_DRAWS):
        x, y = rng.normal(size=(2, SIZE, 3)).astype(np.float32)
        results.append(CASES[name](x, 1.2 * y + 0.5))
    error = np.mean([result.standard_error for result in results])
    ratio = error / np.std([result.value for result in results], ddof=1)
    assert 0.75 < ratio < 2.2, ratio
