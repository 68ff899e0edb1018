"""Probes against the answers of SciPy."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import log_softmax

from advnet.evaluation import probes

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5)) + 100  # an offset reveals rounding errors
Y = (X[:, 0] + X[:, 1] > 200).astype(int) + (X[:, 2] > 101)
TRAIN, TEST = slice(0, 200), slice(200, 300)


def test_nearest_neighbor_agrees_with_brute_force():
    nearest = cdist(X[TEST], X[TRAIN]).argmin(axis=1)
    expected = np.mean(Y[TRAIN][nearest] == Y[TEST])
    result = probes.nearest_neighbor(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST])
    assert result.value == expected
    assert result.num_real == 100
    error = np.sqrt(expected * (1 - expected) / 100)
    assert result.standard_error == pytest.approx(error)


def test_linear_probe_agrees_with_a_regression_by_scipy():
    """BFGS of SciPy in float64 on the same objective predicts the same classes."""
    mean, scale = X[TRAIN].mean(axis=0), X[TRAIN].std(axis=0)
    train, test = (X[TRAIN] - mean) / scale, (X[TEST] - mean) / scale

    def objective(params):
        w, b = params[:15].reshape(5, 3), params[15:]
        costs = -log_softmax(train @ w + b, axis=1)[np.arange(200), Y[TRAIN]]
        return costs.mean() + 0.01 / 2 * np.sum(w**2)

    params = minimize(objective, np.zeros(18)).x
    scores = test @ params[:15].reshape(5, 3) + params[15:]
    expected = np.mean(scores.argmax(axis=1) == Y[TEST])
    result = probes.linear_probe(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST], decay=0.01)
    assert result.value == pytest.approx(expected, abs=0.011)  # one example
    assert result.value > 0.75


def test_constant_features_do_not_change_the_fit():
    padded = np.concatenate([X, np.ones((300, 1))], axis=1)
    result = probes.linear_probe(padded[TRAIN], Y[TRAIN], padded[TEST], Y[TEST])
    assert result.value > 0.75


def test_bad_input():
    with pytest.raises(ValueError, match=r"Expected train \[n, ...\] with labels"):
        probes.nearest_neighbor(X, Y[:-1], X, Y)
    with pytest.raises(ValueError, match=r"predictions \[n\] and labels \[n\]"):
        probes.accuracy(np.zeros(0), np.zeros(0))
