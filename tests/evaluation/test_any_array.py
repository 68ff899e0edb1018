"""Property of every metric: any array gives finite numbers or a clear error."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advnet.evaluation import (
    METRICS,
    distances,
    diversity,
    imputation,
    manifolds,
    memorization,
    modes,
    probes,
    series,
    two_sample,
)


def as_series(x):
    """Repeat the values of each example, so that they make a series [t, 1]."""
    return np.tile(x.reshape(len(x), -1), 12)[..., None]


CASES = {
    "frechet": distances.frechet,
    "kernel": distances.kernel,
    "mmd": lambda x, y: distances.mmd(x, y, permutations=5),
    "sliced_wasserstein": lambda x, y: distances.sliced_wasserstein(x, y, directions=5),
    "prdc": manifolds.prdc,
    "nearest": memorization.nearest,
    "data_copying": lambda x, y: memorization.data_copying(x, y[::2], y[1::2]),
    "autocorrelation": lambda x, y: series.autocorrelation(*map(as_series, (x, y))),
    "spectrum": lambda x, y: series.spectrum(*map(as_series, (x, y))),
    "c2st": lambda x, y: two_sample.c2st(x, y, num_steps=2, hidden=(4,)),
    "ndb": lambda x, y: modes.ndb(x, y, k=4),
    "of_mixture": lambda x, y: modes.of_mixture(x, y[:3], 1.0),
    "birthday_paradox": diversity.birthday_paradox,
    "nearest_neighbor": lambda x, y: probes.nearest_neighbor(
        x, np.arange(len(x)) % 2, y, np.arange(len(y)) % 2
    ),
    "by_mean": lambda x, y: imputation.by_mean(x, y, np.zeros(y.shape)),
    "by_gaussian": lambda x, y: imputation.by_gaussian(x, y, np.zeros(y.shape)),
}


def test_every_metric_has_a_case():
    missing = sorted(set(METRICS) - set(CASES))
    assert not missing, (
        f"Add a case for each of {missing} to CASES in "
        "tests/evaluation/test_any_array.py."
    )


def values_of(result):
    """Return the numbers of a result, without standard errors that may be unknown."""
    if isinstance(result, np.ndarray):
        return result.astype(np.float64).ravel().tolist()
    if isinstance(result, float):
        return [result]
    if hasattr(result, "p_value"):
        p_value = 0.0 if result.p_value is None else result.p_value
        return [result.value, p_value]
    if isinstance(result, tuple):
        return [number for part in result for number in values_of(part)]
    return []


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(
    shape=st.sampled_from([(1, 3), (30, 2), (25, 40), (24, 3, 2, 1)]),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    offset=st.sampled_from([0.0, 1.0, 1e3]),
    kind=st.sampled_from(["normal", "duplicates", "constant"]),
    seed=st.integers(0, 9),
)
def test_numbers_are_finite_or_the_error_is_clear(
    name, shape, scale, offset, kind, seed
):
    rng = np.random.default_rng(seed)
    x, y = (scale * (rng.normal(size=shape) + offset) for _ in range(2))
    if kind == "duplicates":
        x, y = (side[np.arange(len(side)) % 3 % len(side)] for side in (x, y))
    if kind == "constant":
        x, y = (np.full(shape, scale * offset) for _ in range(2))
    result, message = None, ""
    try:
        result = CASES[name](x, y)
    except ValueError as error:
        message = str(error)
    if message:
        assert "xpected" in message  # expected and received
        return
    # Without a repeat, the estimated support is infinite.
    invalid = (
        math.isnan
        if name == "birthday_paradox"
        else lambda number: not math.isfinite(number)
    )
    assert not any(map(invalid, values_of(result))), result


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(name, bad):
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[7, 1] = bad
    with pytest.raises(ValueError, match=r"Expected finite .* got (nan|inf) at index"):
        CASES[name](x, np.random.default_rng(1).normal(size=(40, 3)))
