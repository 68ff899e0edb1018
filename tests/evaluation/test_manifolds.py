"""Precision, recall, density and coverage against definitions and other packages."""

import contextlib

import numpy as np
import pytest

from advnet.evaluation import manifolds


def normals(n, d, scale=1.0):
    random = np.random.RandomState(0)
    return random.randn(n, d), scale * random.randn(n, d)


@pytest.mark.parametrize(
    ("n", "d", "scale", "expected"),
    [
        (1000, 64, 1.0, (0.704, 0.738, 0.947, 0.971)),
        (2000, 16, 1.0, (0.878, 0.8685, 1.0227, 0.969)),
        (1000, 64, 0.1, (1.0, 0.0, 199.98, 1.0)),  # samples shrunk to the center
    ],
)
def test_values_of_fixed_samples(n, d, scale, expected):
    results = manifolds.prdc(*normals(n, d, scale))
    values = [result.value for result in results]
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=6e-4)
    names = [result.name for result in results]
    assert names == ["precision", "recall", "density", "coverage"]


def test_values_by_definition_with_a_partial_block_and_two_sizes():
    x, y = normals(60, 3)
    x = np.concatenate([x] * 9)[:503] + np.arange(503)[:, None] * 1e-3
    distances = lambda a, b: np.linalg.norm(a[:, None] - b, axis=-1)
    radii_x = np.sort(distances(x, x), axis=1)[:, 4] + 1e-9  # with the boundary
    radii_y = np.sort(distances(y, y), axis=1)[:, 4] + 1e-9
    in_balls_of_x = distances(y, x) < radii_x
    in_balls_of_y = distances(x, y) < radii_y
    results = manifolds.prdc(x, y, k=4)
    assert results.precision.value == in_balls_of_x.any(axis=1).mean()
    assert results.recall.value == in_balls_of_y.any(axis=1).mean()
    num_inside = (distances(x, x) < radii_x[:, None]).sum(axis=1) - 1  # 4 without ties
    density = (in_balls_of_x / num_inside).sum(axis=1).mean()
    assert results.density.value == pytest.approx(density)
    assert results.coverage.value == in_balls_of_x.any(axis=0).mean()
    for result in results:
        assert (result.num_real, result.num_fake) == (503, 60)


def test_expected_coverage_of_a_perfect_sampler():
    """It is 1 - prod (n-1-i)/(n+m-1-i), to four standard errors of 20 draws."""
    n, m, k = 300, 200, 5
    i = np.arange(k)
    expect = lambda n, m: 1 - np.prod((n - 1 - i) / (n + m - 1 - i))
    assert expect(10_000, 10_000) == pytest.approx(0.968773, abs=1e-6)
    expected = expect(n, m)
    rng = np.random.default_rng(0)
    runs = [
        manifolds.prdc(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)))
        for _ in range(20)
    ]
    values = np.array([results.coverage.value for results in runs])
    assert abs(values.mean() - expected) < 4 * values.std(ddof=1) / 20**0.5


def test_bad_input():
    x, y = normals(10, 2)
    with pytest.raises(ValueError, match="k >= 1, got 0"):
        manifolds.prdc(x, y, k=0)
    with pytest.raises(ValueError, match="n >= 6"):
        manifolds.prdc(x[:5], y)


@pytest.mark.parametrize(
    ("n", "m", "d", "k"), [(700, 700, 20, 5), (600, 501, 3, 1), (300, 300, 8, 5)]
)
def test_values_agree_with_the_package_prdc(n, m, d, k):
    """In this library and in prdc, an example is not its own neighbor."""
    prdc = pytest.importorskip("prdc")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d)) * 0.9 + 0.1
    with contextlib.redirect_stdout(None):
        expected = prdc.compute_prdc(x, y, nearest_k=k)
    values = {result.name: result.value for result in manifolds.prdc(x, y, k=k)}
    assert values == pytest.approx(expected, abs=1e-12)
