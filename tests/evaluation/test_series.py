"""Metrics of series: values that are known, and refusals."""

import numpy as np
import pytest

from advnet.evaluation import METRICS, evaluate_samples, series


def autoregressive(phi, num=2_000, length=40, seed=0):
    rng = np.random.default_rng(seed)
    x = np.zeros((num, length + 50))
    for t in range(1, length + 50):
        x[:, t] = phi * x[:, t - 1] + rng.normal(size=num)
    return x[:, 50:, None]


def test_autocorrelations_of_an_autoregressive_process():
    """White noise has none; an AR(1) process has phi at lag 1."""
    noise = np.random.default_rng(1).normal(size=(2_000, 40, 1))
    result = series.autocorrelation(noise, autoregressive(0.7))
    assert abs(result.value - 0.7) < 4 * result.standard_error
    assert 0 < result.standard_error < 0.01
    assert (result.num_real, result.num_fake) == (2_000, 2_000)


def test_equal_distributions_have_small_differences():
    x, y = autoregressive(0.7), autoregressive(0.7, seed=1)
    assert series.autocorrelation(x, y).value < 0.03
    assert series.spectrum(x, y).value < 0.03


def test_units_do_not_matter_and_channels_do():
    x, y = autoregressive(0.7), autoregressive(0.2, seed=1)
    plain = series.autocorrelation(x, y)
    scaled = series.autocorrelation(1e3 * x + 5, 1e-3 * y)
    assert plain.value == pytest.approx(scaled.value)
    both = np.concatenate([x, y], axis=2)
    same = np.concatenate([x, x], axis=2)
    assert series.autocorrelation(both, same).value == pytest.approx(plain.value)
    assert series.spectrum(both, same).value == pytest.approx(
        series.spectrum(x, y).value / 2, rel=0.01
    )


def test_a_constant_channel_differs_from_none():
    x = np.zeros((50, 20, 1))
    assert series.autocorrelation(x, x).value == series.spectrum(x, x).value == 0


@pytest.mark.parametrize("shape", [(50, 20, 2), (50, 5, 1), (50, 20)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"Expected series \[n, t, c\] of one shape"):
        series.autocorrelation(np.zeros(shape), np.zeros((50, 20, 1)))


def test_only_series_are_compared_by_default():
    assert {"autocorrelation", "spectrum"} <= set(METRICS)
    names = lambda x: {result.name for result in evaluate_samples(x[:50], x[50:])}
    x = np.random.default_rng(0).normal(size=(100, 32))
    assert "spectrum distance" in names(x[..., None])
    assert "spectrum distance" not in names(x)
    assert "spectrum distance" not in names(x.reshape(100, 8, 4))


def test_functions_of_known_series():
    wave = np.sin(2 * np.pi * np.arange(32) / 8)[None, :, None]
    correlations = series.autocorrelation_function(wave, 8)
    assert correlations.shape == (8, 1)
    assert correlations[7, 0] == pytest.approx(1, abs=0.05)
    assert correlations[3, 0] == pytest.approx(-1, abs=0.05)
    power = series.power_spectrum(wave)
    assert power[4, 0] == pytest.approx(1)
    with pytest.raises(ValueError, match="t >= 33"):
        series.autocorrelation_function(wave, 32)
    with pytest.raises(ValueError, match=r"series \[n, t, c\]"):
        series.power_spectrum(wave[0])
