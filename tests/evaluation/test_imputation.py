"""Imputations against other ways to compute the same numbers."""

import numpy as np
import pytest

from advnet.evaluation import imputation

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(4, 4))
TRAIN = RNG.normal(size=(500, 4)) @ MIX + 3
X = RNG.normal(size=(30, 4)) @ MIX + 3
MASK = RNG.random((30, 4)) < 0.5
MASK[:, 0], MASK[:, 1] = True, False


def test_gaussian_imputation_is_a_regression_on_the_known_values():
    """The conditional mean of the fitted Gaussian is the least-squares prediction."""
    incomplete = np.where(MASK, X, np.nan)
    filled = imputation.by_gaussian(TRAIN, incomplete, MASK, jitter=0.0)
    for row, mask, imputed in zip(X, MASK, filled, strict=True):
        design = np.column_stack([TRAIN[:, mask], np.ones(500)])
        slope, *_ = np.linalg.lstsq(design, TRAIN[:, ~mask], rcond=None)
        expected = np.append(row[mask], 1) @ slope
        np.testing.assert_allclose(imputed[~mask], expected, rtol=1e-8)
        np.testing.assert_array_equal(imputed[mask], row[mask])


def test_nearest_imputation_agrees_with_brute_force():
    incomplete = np.where(MASK, X, np.nan)
    filled = imputation.by_nearest(TRAIN, incomplete, MASK)
    for row, mask, imputed in zip(X, MASK, filled, strict=True):
        nearest = ((TRAIN[:, mask] - row[mask]) ** 2).sum(axis=1).argmin()
        np.testing.assert_array_equal(imputed[~mask], TRAIN[nearest, ~mask])


def test_conditional_covariance_is_a_schur_complement():
    covariance = MIX.T @ MIX
    mask = np.array([1, 0, 0, 1])
    _, conditional = imputation.conditional_gaussian(
        X[0], mask, np.zeros(4), covariance
    )
    precision = np.linalg.inv(covariance)[1:3, 1:3]
    np.testing.assert_allclose(conditional, np.linalg.inv(precision), rtol=1e-8)


def test_the_gaussian_has_the_smallest_error():
    gaussian, nearest, mean = (
        imputation.mean_squared_error(X, impute(TRAIN, X, MASK), MASK)
        for impute in (
            imputation.by_gaussian,
            imputation.by_nearest,
            imputation.by_mean,
        )
    )
    assert gaussian.value < min(nearest.value, mean.value)
    assert gaussian.num_real == 30
    assert imputation.mean_squared_error(X, X, MASK).value == 0


def test_images_and_masks_without_missing_values():
    images = TRAIN.reshape(500, 2, 2, 1)
    mask = MASK.reshape(30, 2, 2, 1)
    x = X.reshape(30, 2, 2, 1)
    for impute in (imputation.by_gaussian, imputation.by_nearest, imputation.by_mean):
        assert impute(images, x, mask).shape == x.shape
    with pytest.raises(ValueError, match="missing value in every example"):
        imputation.mean_squared_error(X, X, np.ones_like(MASK))


def test_integers_do_not_overflow():
    rng = np.random.default_rng(0)
    train = rng.integers(0, 256, (50, 8), np.uint8)
    mask = np.tile(np.arange(8) < 6, (50, 1))
    filled = imputation.by_nearest(train, train, mask)
    np.testing.assert_array_equal(filled, train)
    low, high = np.full((1, 2), 10, np.uint8), np.full((1, 2), 200, np.uint8)
    result = imputation.mean_squared_error(high, low, np.array([[1, 0]]))
    assert result.value == 190**2


def test_nearest_imputation_of_data_far_from_zero():
    train, x = RNG.normal(1000, 1, (2000, 20)), RNG.normal(1000, 1, (700, 20))
    mask = RNG.uniform(size=x.shape) < 0.5
    single = [array.astype(np.float32) for array in (train, x)]
    exact = imputation.by_nearest(train, x, mask)
    np.testing.assert_allclose(imputation.by_nearest(*single, mask), exact, rtol=1e-6)
