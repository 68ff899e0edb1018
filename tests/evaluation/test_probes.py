"""Probes against SciPy's answers."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import log_softmax

from advnet.evaluation import probes

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5)) + 100  # an offset that rounding would notice
Y = (X[:, 0] + X[:, 1] > 200).astype(int) + (X[:, 2] > 101)
TRAIN, TEST = slice(0, 200), slice(200, 300)


def test_nearest_neighbor_is_brute_force():
    nearest = cdist(X[TEST], X[TRAIN]).argmin(axis=1)
    expected = np.mean(Y[TRAIN][nearest] == Y[TEST])
    got = probes.nearest_neighbor(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST])
    assert got.mean == expected
    assert got.standard_error == pytest.approx(np.sqrt(expected * (1 - expected) / 100))


def test_linear_probe_is_the_regression_of_scipy():
    """The same objective by SciPy's BFGS in float64 predicts the same classes."""
    mean, scale = X[TRAIN].mean(axis=0), X[TRAIN].std(axis=0)
    train, test = (X[TRAIN] - mean) / scale, (X[TEST] - mean) / scale

    def objective(flat):
        w, b = flat[:15].reshape(5, 3), flat[15:]
        costs = -log_softmax(train @ w + b, axis=1)[np.arange(200), Y[TRAIN]]
        return costs.mean() + 0.01 / 2 * np.sum(w**2)

    flat = minimize(objective, np.zeros(18)).x
    scores = test @ flat[:15].reshape(5, 3) + flat[15:]
    expected = np.mean(scores.argmax(axis=1) == Y[TEST])
    got = probes.linear_probe(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST], decay=0.01)
    assert got.mean == pytest.approx(expected, abs=0.011)  # one example
    assert got.mean > 0.75


def test_constant_features_do_no_harm():
    padded = np.concatenate([X, np.ones((300, 1))], axis=1)
    got = probes.linear_probe(padded[TRAIN], Y[TRAIN], padded[TEST], Y[TEST])
    assert got.mean > 0.75


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"Expected train \[n, ...\] with labels"):
        probes.nearest_neighbor(X, Y[:-1], X, Y)
    with pytest.raises(ValueError, match=r"classes and labels \[n\]"):
        probes.accuracy(np.zeros(0), np.zeros(0))
