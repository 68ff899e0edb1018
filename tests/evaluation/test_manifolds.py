"""Precision, recall, density, coverage against values of an independent package."""

import contextlib

import numpy as np
import pytest

from advnet.evaluation import manifolds


def two(n, d, scale=1.0):
    random = np.random.RandomState(0)
    return random.randn(n, d), scale * random.randn(n, d)


@pytest.mark.parametrize(
    ("n", "d", "scale", "expected"),
    [
        (1000, 64, 1.0, (0.704, 0.738, 0.947, 0.971)),
        (2000, 16, 1.0, (0.878, 0.8685, 1.0227, 0.969)),
        (1000, 64, 0.1, (1.0, 0.0, 199.98, 1.0)),  # the trap
    ],
)
def test_fixed_samples(n, d, scale, expected):
    got = manifolds.prdc(*two(n, d, scale))
    np.testing.assert_allclose([m.value for m in got], expected, rtol=1e-4, atol=6e-4)
    assert [m.name for m in got] == ["precision", "recall", "density", "coverage"]


def test_by_definition_with_a_last_block_and_two_sizes():
    x, y = two(60, 3)
    x = np.concatenate([x] * 9)[:503] + np.arange(503)[:, None] * 1e-3
    pairs = lambda a, b: np.linalg.norm(a[:, None] - b, axis=-1)
    reach = np.sort(pairs(x, x), axis=1)[:, 4]
    back = np.sort(pairs(y, y), axis=1)[:, 4]
    inside, inside_back = pairs(y, x) < reach, pairs(x, y) < back
    got = manifolds.prdc(x, y, k=4)
    assert got.precision.value == inside.any(axis=1).mean()
    assert got.recall.value == inside_back.any(axis=1).mean()
    assert got.density.value == pytest.approx(inside.sum(axis=1).mean() / 4)
    assert got.coverage.value == inside.any(axis=0).mean()


def test_expected_coverage_of_a_perfect_sampler():
    """1 - prod (n-1-i)/(n+m-1-i); 20 draws, four standard errors."""
    n, m, k = 300, 200, 5
    i = np.arange(k)
    expect = lambda n, m: 1 - np.prod((n - 1 - i) / (n + m - 1 - i))
    assert expect(10_000, 10_000) == pytest.approx(0.968773, abs=1e-6)
    expected = expect(n, m)
    rng = np.random.default_rng(0)
    got = [
        manifolds.prdc(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)))
        for _ in range(20)
    ]
    values = np.array([one.coverage.value for one in got])
    assert abs(values.mean() - expected) < 4 * values.std(ddof=1) / 20**0.5


def test_bad_input():
    x, y = two(10, 2)
    with pytest.raises(ValueError, match="k >= 1, got 0"):
        manifolds.prdc(x, y, k=0)
    with pytest.raises(ValueError, match="n >= 6"):
        manifolds.prdc(x[:5], y)


@pytest.mark.parametrize(("n", "m", "d", "k"), [(700, 700, 20, 5), (600, 501, 3, 1)])
def test_agrees_with_prdc(n, m, d, k):
    """Both reach to the k-th neighbor, the example itself not counted."""
    prdc = pytest.importorskip("prdc")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d)) * 0.9 + 0.1
    with contextlib.redirect_stdout(None):
        expected = prdc.compute_prdc(x, y, nearest_k=k)
    got = {one.name: one.value for one in manifolds.prdc(x, y, k=k)}
    assert got == pytest.approx(expected, abs=1e-12)
