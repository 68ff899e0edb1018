"""Every metric, the diagnosis and training on many kinds of data.

A metric has the value of plain float64 NumPy, or it is refused by name. A diagnosis of
samples of the data's own distribution has no finding.
"""

import math
import re

import jax
import numpy as np
import pytest
from evaluation import any_data
from evaluation.any_data import KINDS

import advnet
from advnet import data, recipes
from advnet.evaluation import METRICS, evaluate_samples, features, standardize
from advnet.evaluation.diagnosis import diagnose

DEFAULT = (
    "constant in the data",
    "constant in the samples",
    "flags",
    "huge offset",
    "one-hot",
    "sparse",
)
ALL = [
    pytest.param(name, marks=() if name in DEFAULT else pytest.mark.ci)
    for name in KINDS
]
FAST = tuple(  # c2st compiles a fit
    name for name, row in METRICS.items() if name != "c2st" and "vectors" in row.kinds
)


def refused(kind, function):
    """Call a function, or check that it raises a named refusal and return True."""
    if kind.refused is None:
        function()
        return False
    with pytest.raises((ValueError, TypeError), match=kind.refused) as error:
        function()
    assert "Expected" in str(error.value)
    return True


def check_near(actual, expected, scale):
    assert actual == pytest.approx(expected, rel=1e-6, abs=1e-7 * scale)


@pytest.mark.parametrize("name", ALL)
def test_metrics(name):
    kind = KINDS[name]
    real, fake, train = kind.sides()
    are_bytes = real.dtype == np.uint8 and real.ndim == 4

    def evaluate():
        space = None if are_bytes else standardize(real)
        return evaluate_samples(
            real,
            fake,
            train=train,
            metrics=FAST,
            features=space or features.raw_values,
        )

    if refused(kind, evaluate):
        return
    results = {result.name: result for result in evaluate()}
    for result in results.values():
        assert result.failure is None
        assert math.isfinite(result.value)
        assert math.isfinite(result.standard_error)
    if are_bytes:  # which the metrics scale to [0, 1]
        real, fake, train = (side / 255 for side in (real, fake, train))
    x, y, t = (any_data.standard(side, real) for side in (real, fake, train))
    spread = x.var(axis=0).sum() + y.var(axis=0).sum()
    check_near(results["Fréchet distance"].value, any_data.frechet(x, y), 10 * spread)
    z = np.concatenate([x, y])
    largest = ((z @ z.T / z.shape[1] + 1) ** 3).max()
    check_near(results["kernel distance"].value, any_data.kernel(x, y), largest / 100)
    value, p_value = any_data.mmd(x, y)
    check_near(results["MMD²"].value, value, 1)
    assert results["MMD²"].p_value == pytest.approx(p_value)
    expected = any_data.wasserstein(x, y)
    check_near(results["sliced Wasserstein-2²"].value, expected, spread)
    for name, value in any_data.prdc(x, y).items():
        assert results[name].value == pytest.approx(value)
    check_near(results["copying"].value, any_data.copying(t, x, y), 1)
    if kind.draw_fake is None:
        assert results["MMD²"].p_value > 0.004
        assert results["copying"].p_value > 0.004
        assert results["precision"].value > 0.5
        assert results["recall"].value > 0.5


@pytest.mark.ci
@pytest.mark.parametrize("name", KINDS)
def test_classifier(name):
    kind = KINDS[name]
    real, fake, _ = kind.sides()
    classify = lambda: evaluate_samples(real, fake, metrics=("c2st",))
    if refused(kind, classify):
        return
    (result,) = classify()
    assert result.failure is None
    assert 0 <= result.value <= 1
    assert result.p_value > (0.01 if kind.draw_fake is None else 0)


@pytest.mark.parametrize("name", ALL)
def test_diagnosis(name):
    kind = KINDS[name]
    for seed in range(5):
        real, fake, train = kind.sides(seed)
        if kind.refused == "real numbers":
            refused(kind, lambda: diagnose({}, data=train))  # noqa: B023
            return
        diagnosis = diagnose({}, samples=fake, data=train, held_out=real)
        findings = [finding.name for finding in diagnosis.findings]
        assert findings == (["not finite"] if name == "NaN" else [])


@pytest.mark.ci
@pytest.mark.parametrize("name", KINDS)
def test_training(name):
    """The first samples have the location and the scale of the data."""
    kind = KINDS[name]
    message = kind.refused or kind.not_trained
    examples = kind.sides()[2]
    if message is not None:
        with pytest.raises((ValueError, TypeError), match=message) as error:
            data.load_examples(examples)
        assert re.search("Expected", str(error.value))
        return
    x = data.load_examples(examples)
    recipe = recipes.for_data(x)
    batches = data.minibatches(x, recipe.batch_size, key=jax.random.key(0))
    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes
        state = jax.jit(recipe.algorithm.init)(jax.random.key(1), batches(0))
        state = advnet.fit(recipe.algorithm, state, batches, num_steps=2)
        samples = advnet.sample(recipe.game, state, jax.random.key(2), 64)
    if recipe.about.startswith("a convolutional"):
        assert np.isfinite(samples).all()
        return
    z = any_data.standard(np.asarray(samples), x)
    # A float32 far from 0 holds a value to half its spacing.
    spacing = np.spacing(np.abs(x).max(axis=0)).astype(np.float64).ravel()
    scale = x.astype(np.float64).std(axis=0).ravel()
    slack = np.where(scale > 0, spacing / np.where(scale > 0, scale, 1), 0)
    assert (np.abs(z.mean(axis=0)) < 1.5 + slack).all()
    constant = np.ptp(x, axis=0).ravel() == 0
    assert (z.std(axis=0)[~constant] < 3 + slack[~constant]).all()
    assert (z.std(axis=0)[~constant] > 0).all()


@pytest.mark.parametrize("num", [1, 2, 19])
def test_few_rows_are_not_evaluated(num):
    x = np.random.default_rng(0).normal(size=(num, 3))
    assert evaluate_samples(x, x) == ()
    assert "20" in diagnose({}, data=x, samples=x).not_applied["mode collapse"]
    if num == 1:
        with pytest.raises(ValueError, match="n >= 2, got shape"):
            recipes.for_data(x)
