"""Whatever the arrays: numbers that are finite, or an error that says what is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advnet.evaluation import (
    distances,
    diversity,
    imputation,
    manifolds,
    memorization,
    modes,
    probes,
    two_sample,
)

METRICS = {
    "frechet": lambda x, y: distances.frechet(x, y),
    "kernel": lambda x, y: distances.kernel(x, y),
    "mmd": lambda x, y: distances.mmd(x, y, permutations=5),
    "sliced_wasserstein": lambda x, y: distances.sliced_wasserstein(x, y, directions=5),
    "prdc": lambda x, y: tuple(row.value for row in manifolds.prdc(x, y)),
    "nearest": lambda x, y: memorization.nearest(x, y).distances,
    "copying": lambda x, y: memorization.data_copying(x, y[::2], y[1::2]),
    "classifier": lambda x, y: two_sample.c2st(x, y, num_steps=2, hidden=(4,)),
    "ndb": lambda x, y: modes.ndb(x, y, k=4),
    "of_mixture": lambda x, y: modes.of_mixture(x, y[:3], 1.0),
    "birthday_paradox": lambda x, y: diversity.birthday_paradox(x, y),
    "nearest_neighbor": lambda x, y: probes.nearest_neighbor(
        x, np.arange(len(x)) % 2, y, np.arange(len(y)) % 2
    ),
    "by_mean": lambda x, y: imputation.by_mean(x, y, np.zeros(y.shape)),
    "by_gaussian": lambda x, y: imputation.by_gaussian(x, y, np.zeros(y.shape)),
}


def numbers(value):
    """Every float in a result."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64).ravel().tolist()
    if isinstance(value, float):
        return [value]
    if isinstance(value, tuple):
        return [number for part in value for number in numbers(part)]
    return []


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(
    shape=st.sampled_from([(1, 3), (30, 2), (25, 40), (24, 3, 2, 1)]),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    offset=st.sampled_from([0.0, 1.0, 1e3]),
    kind=st.sampled_from(["normal", "duplicates", "constant"]),
    seed=st.integers(0, 9),
)
def test_finite_or_refused(name, shape, scale, offset, kind, seed):
    rng = np.random.default_rng(seed)
    x, y = (scale * (rng.normal(size=shape) + offset) for _ in range(2))
    if kind == "duplicates":
        x, y = (side[np.arange(len(side)) % 3 % len(side)] for side in (x, y))
    if kind == "constant":
        x, y = (np.full(shape, scale * offset) for _ in range(2))
    value, refusal = None, ""
    try:
        value = METRICS[name](x, y)
    except ValueError as error:
        refusal = str(error)
    if refusal:
        assert "xpected" in refusal  # what was expected, what came
        return
    # Without one repeat, no finite support is ruled out.
    bad = (
        math.isnan
        if name == "birthday_paradox"
        else lambda number: not math.isfinite(number)
    )
    assert not any(map(bad, numbers(value))), value


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_is_refused(name, bad):
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[7, 1] = bad
    with pytest.raises(ValueError, match=r"finite|NaN"):
        METRICS[name](x, np.random.default_rng(1).normal(size=(40, 3)))


def test_agrees_with_prdc():
    prdc = pytest.importorskip("prdc")
    x, y = np.random.default_rng(0).normal(size=(2, 300, 8))
    want = prdc.compute_prdc(x, y, nearest_k=5)
    got = manifolds.prdc(x, y, k=5)
    for name, value in want.items():
        np.testing.assert_allclose(getattr(got, name).value, value, atol=1e-9)
