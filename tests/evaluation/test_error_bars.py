"""Every error bar against the spread it stands for."""

import numpy as np
import pytest

from advnet.evaluation import distances, diversity, manifolds, parzen, two_sample

NUM, SIZE = 30, 200


def prdc(name):
    return lambda x, y: getattr(manifolds.prdc(x, y), name)


def squares(x):
    """Gray images [n, 16, 16, 1] in [0, 1], smooth in x [n, 3]."""
    time = np.linspace(0, 3, 256)
    waves = np.stack([np.sin((i + 1) * time) for i in range(3)])
    return (0.5 + np.tanh(x @ waves) / 2).reshape(-1, 16, 16, 1)


METRICS = {
    "frechet": distances.frechet,
    "kernel": distances.kernel,
    "mmd": lambda x, y: distances.mmd(x, y, permutations=1),
    "sliced_wasserstein": distances.sliced_wasserstein,
    "two_sample": lambda x, y: two_sample.c2st(x, y, num_steps=100),
    "ms_ssim": lambda x, y: diversity.ms_ssim(squares(y)),
    "parzen": lambda x, y: parzen.log_likelihood(X, y, 0.5),
    **{name: prdc(name) for name in ("precision", "recall", "density", "coverage")},
}
X = np.random.default_rng(1).normal(size=(SIZE, 3)).astype(np.float32)


def number(got):
    value = got.value if hasattr(got, "value") else got.mean
    return value, got.standard_error


LONG = ("kernel", "mmd", "two_sample")


def marked(name):
    return pytest.param(name, marks=pytest.mark.slow if name in LONG else ())


@pytest.mark.parametrize("name", [marked(name) for name in METRICS])
def test_claimed_is_what_is_seen(name):
    """Hardly too small, at most twice too large; 30 draws tell a spread to 13 %."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(NUM):
        x, y = rng.normal(size=(2, SIZE, 3)).astype(np.float32)
        found.append(number(METRICS[name](x, 1.2 * y + 0.5)))
    values, errors = np.array(found).T
    ratio = np.mean(errors) / np.std(values, ddof=1)
    assert 0.75 < ratio < 2.2, ratio
