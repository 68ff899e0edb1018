"""Fillings by formula, against other ways to the same numbers."""

import numpy as np
import pytest

from advnet.evaluation import imputation

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(4, 4))
TRAIN = RNG.normal(size=(500, 4)) @ MIX + 3
X = RNG.normal(size=(30, 4)) @ MIX + 3
MASK = RNG.random((30, 4)) < 0.5
MASK[:, 0], MASK[:, 1] = True, False


def test_gaussian_is_the_regression_on_the_known():
    """The conditional mean of the fitted Gaussian is least squares, value by value."""
    holes = np.where(MASK, X, np.nan)
    filled = imputation.by_gaussian(TRAIN, holes, MASK, jitter=0.0)
    for row, mask, got in zip(X, MASK, filled, strict=True):
        design = np.column_stack([TRAIN[:, mask], np.ones(500)])
        slope, *_ = np.linalg.lstsq(design, TRAIN[:, ~mask], rcond=None)
        expected = np.append(row[mask], 1) @ slope
        np.testing.assert_allclose(got[~mask], expected, rtol=1e-8)
        np.testing.assert_array_equal(got[mask], row[mask])


def test_nearest_is_brute_force():
    holes = np.where(MASK, X, np.nan)
    filled = imputation.by_nearest(TRAIN, holes, MASK)
    for row, mask, got in zip(X, MASK, filled, strict=True):
        nearest = ((TRAIN[:, mask] - row[mask]) ** 2).sum(axis=1).argmin()
        np.testing.assert_array_equal(got[~mask], TRAIN[nearest, ~mask])


def test_conditional_covariance_is_a_schur_complement():
    covariance = MIX.T @ MIX
    mask = np.array([1, 0, 0, 1])
    _, left = imputation.conditional_gaussian(X[0], mask, np.zeros(4), covariance)
    precision = np.linalg.inv(covariance)[1:3, 1:3]
    np.testing.assert_allclose(left, np.linalg.inv(precision), rtol=1e-8)


def test_better_guesses_have_smaller_errors():
    fills = [
        imputation.by_gaussian(TRAIN, X, MASK),
        imputation.by_nearest(TRAIN, X, MASK),
        imputation.by_mean(TRAIN, X, MASK),
    ]
    errors = [imputation.squared_error(fill, X, MASK) for fill in fills]
    assert errors[0].mean < min(errors[1].mean, errors[2].mean)
    assert imputation.squared_error(X, X, MASK).mean == 0


def test_images_and_wrong_masks():
    images = TRAIN.reshape(500, 2, 2, 1)
    mask = MASK.reshape(30, 2, 2, 1)
    x = X.reshape(30, 2, 2, 1)
    for fill in (imputation.by_gaussian, imputation.by_nearest, imputation.by_mean):
        assert fill(images, x, mask).shape == x.shape
    with pytest.raises(ValueError, match="something missing in every example"):
        imputation.squared_error(X, X, np.ones_like(MASK))


def test_integers_do_not_wrap():
    rng = np.random.default_rng(0)
    train = rng.integers(0, 256, (50, 8), np.uint8)
    mask = np.tile(np.arange(8) < 6, (50, 1))
    filled = imputation.by_nearest(train, train, mask)
    np.testing.assert_array_equal(filled, train)
    low, high = np.full((1, 2), 10, np.uint8), np.full((1, 2), 200, np.uint8)
    got = imputation.squared_error(low, high, np.array([[1, 0]]))
    assert got.mean == 190**2


def test_nearest_of_data_far_from_zero():
    train, x = RNG.normal(1000, 1, (2000, 20)), RNG.normal(1000, 1, (700, 20))
    mask = RNG.uniform(size=x.shape) < 0.5
    single = [array.astype(np.float32) for array in (train, x)]
    exact = imputation.by_nearest(train, x, mask)
    np.testing.assert_allclose(imputation.by_nearest(*single, mask), exact, rtol=1e-6)
