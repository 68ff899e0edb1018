"""Every function of arrays gives one result for the same numbers of any type."""

import jax.numpy as jnp
import numpy as np
import pytest
from evaluation.test_any_array import CASES, values_of

from advnet.evaluation import (
    diagnosis,
    diversity,
    evaluate_samples,
    features,
    imputation,
    modes,
    parzen,
    probes,
)

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 101, (2, 40, 3)).astype(np.float64)  # exact in all types
X[:, 2] += 20  # sums of squares overflow float16
MASK = RNG.random(X.shape) < 0.5
MASK[:, 0] = False
LABELS = np.arange(40) % 2
FUNCTIONS = {
    **CASES,
    "by_nearest": lambda x, y: imputation.by_nearest(x, y, MASK),
    "mean_squared_error": lambda x, y: imputation.mean_squared_error(x, y, MASK),
    "linear_probe": lambda x, y: probes.linear_probe(x, LABELS, y, LABELS, num_steps=3),
    "random_projection": lambda x, y: features.random_projection(2)(x),
    "parzen": lambda x, y: parzen.log_likelihood(x, y, 3.0),
    "parzen table": lambda x, y: parzen.table(
        x[:20], x, x[:20], y, [5.0, 20.0, 80.0]
    ).rows["samples"],
    "stack": lambda x, y: modes.stack(x[:, None, None, :1], 30),
    "diagnose": lambda x, y: (
        finding.value for finding in diagnosis.diagnose({}, data=x, samples=y).findings
    ),
    "evaluate_samples": lambda x, y: evaluate_samples(x, y, metrics=("mmd", "prdc")),
    "ms_ssim": lambda x, y: (
        diversity.ms_ssim(
            None,
            np.broadcast_to((x > 50)[:, :1, None, None], (40, 12, 12, 1)).astype(
                x.dtype
            ),
        ).fake
    ),
}
SLOW = ("c2st", "linear_probe", "parzen", "parzen table")
INVARIANT = (
    "birthday_paradox",
    "c2st",
    "data_copying",
    "diagnose",
    "evaluate_samples",
    "frechet",
    "linear_probe",
    "mmd",
    "ndb",
    "nearest",
    "nearest_neighbor",
    "of_mixture",
    "parzen",
    "parzen table",
    "prdc",
    "sliced_wasserstein",
)
TYPES = [
    np.uint8,
    np.int8,
    np.int16,
    np.int32,
    np.uint64,
    np.float16,
    jnp.bfloat16,
    np.float32,
    np.longdouble,
]


def mark_fits(names):
    """Return names as parameters; the programs of a fit are compiled for seconds."""
    marks = {"linear_probe": pytest.mark.ci, "parzen table": pytest.mark.ci}
    return [pytest.param(name, marks=marks.get(name, ())) for name in names]


def numbers_of(result):
    result = tuple(result) if not isinstance(result, np.ndarray) else result
    return np.array(values_of(result))


@pytest.mark.ci
@pytest.mark.parametrize("name", mark_fits(FUNCTIONS))
def test_results_do_not_depend_on_the_type(name):
    expected = numbers_of(FUNCTIONS[name](X, Y))
    assert expected.size or name == "diagnose"
    for dtype in TYPES[:1] if name in SLOW else TYPES:
        x, y = X.astype(dtype), Y.astype(dtype)
        actual = numbers_of(FUNCTIONS[name](x, y))
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
        mixed = numbers_of(FUNCTIONS[name](x, Y))
        np.testing.assert_allclose(mixed, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", mark_fits(FUNCTIONS))
def test_truth_values_are_0_and_1(name):
    x, y = X > 50, Y > 50
    if name == "birthday_paradox":
        with pytest.raises(ValueError, match="two of them are equal"):
            FUNCTIONS[name](x, y)
        return
    expected = numbers_of(FUNCTIONS[name](x.astype(np.float64), y.astype(np.float64)))
    actual = numbers_of(FUNCTIONS[name](x, y))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", mark_fits(INVARIANT))
def test_results_do_not_depend_on_an_offset(name):
    """Unix seconds have the results of small integers."""
    expected = numbers_of(FUNCTIONS[name](X, Y))
    for offset, dtype in ((1.7e9, np.float64), (1_700_000_000, np.int64)):
        x, y = ((offset + side).astype(dtype) for side in (X, Y))
        actual = numbers_of(FUNCTIONS[name](x, y))
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["by_mean", "by_nearest", "by_gaussian"])
def test_imputations_move_with_the_data(name):
    expected = FUNCTIONS[name](X, Y) + 1.7e9
    actual = FUNCTIONS[name](X + 1.7e9, Y + 1.7e9)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)
