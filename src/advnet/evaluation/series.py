"""Metrics of series [n, t, c]: autocorrelation and spectrum, of every channel."""

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet._validation import check_at_least
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import jackknife

__all__ = ["autocorrelation", "spectrum"]

MIN_TIMES = 16
"""Smallest length of series that the metrics run on by default."""

_FEATURES = "series"


def autocorrelation(
    real: ArrayLike, fake: ArrayLike, *, num_lags: int = 10
) -> MetricResult:
    """Compute the largest difference in autocorrelation, over lags and channels.

    The autocorrelation of a channel is that of all series with one mean and one
    variance, so that it also shows a wrong variance between series.

    Args:
      real: Series of the data [n, t, c].
      fake: Series of the model [m, t, c].
      num_lags: Lags 1 to `num_lags` are compared; below t.

    Returns:
      The largest absolute difference, at most 2, with its standard error by a
      jackknife. It is above 0 for equal distributions, by about twice its error.

    Raises:
      ValueError: If series differ in shape, or t is not above `num_lags`.

    Examples:
      >>> noise = np.random.default_rng(0).normal(size=(2, 500, 32, 1))
      >>> autocorrelation(noise[0], noise[1]).value < 0.05
      True
      >>> autocorrelation(noise[0], noise[1].cumsum(axis=1)).value > 0.5
      True
    """
    check_at_least(1, num_lags=num_lags)
    x, y = _require_series(real, fake, num_lags + 1)
    differ = lambda x, y: float(
        np.abs(_autocorrelations(x, num_lags) - _autocorrelations(y, num_lags)).max()
    )
    return _result("autocorrelation difference", differ, x, y)


def spectrum(real: ArrayLike, fake: ArrayLike) -> MetricResult:
    """Compute the total variation distance of power spectra, averaged over channels.

    A spectrum is the mean power of a channel at each frequency, without its mean over
    all series, divided by its sum.

    Args:
      real: Series of the data [n, t, c].
      fake: Series of the model [m, t, c].

    Returns:
      The distance, 0 to 1, with its standard error by a jackknife.

    Raises:
      ValueError: If series differ in shape.

    Examples:
      >>> time, phase = np.arange(32.0), np.arange(100.0)[:, None]
      >>> slow, fast = (np.sin(w * time + phase)[..., None] for w in (0.2, 1.5))
      >>> spectrum(slow, slow).value, round(spectrum(slow, fast).value, 1)
      (0.0, 1.0)
    """
    x, y = _require_series(real, fake, 2)
    differ = lambda x, y: float(
        np.abs(_spectra(x) - _spectra(y)).sum(axis=0).mean() / 2
    )
    return _result("spectrum distance", differ, x, y)


def _require_series(
    real: ArrayLike, fake: ArrayLike, min_times: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides as floats, or raise if they are not series of one shape."""
    x = require_floats(real, name="real series", min_examples=2)
    y = require_floats(fake, name="fake series", min_examples=2)
    if x.ndim != 3 or x.shape[1:] != y.shape[1:] or x.shape[1] < min_times:
        raise ValueError(
            f"Expected series [n, t, c] of one shape with t >= {min_times}, got "
            f"{list(x.shape)} and {list(y.shape)}. Cut longer windows, or compare "
            "fewer lags."
        )
    return x, y


def _autocorrelations(x: np.ndarray, num_lags: int) -> np.ndarray:
    """Return autocorrelations [lags, c] of series; 0 for constant channels."""
    x = x - x.mean(axis=(0, 1), keepdims=True, dtype=np.float64)
    variance = (x**2).mean(axis=(0, 1))
    scale = np.where(variance > 0, variance, 1.0)
    lags = range(1, num_lags + 1)
    return np.stack([(x[:, k:] * x[:, :-k]).mean(axis=(0, 1)) / scale for k in lags])


def _spectra(x: np.ndarray) -> np.ndarray:
    """Return normalized power spectra [f, c] of series [n, t, c]."""
    x = x - x.mean(axis=(0, 1), keepdims=True, dtype=np.float64)
    power = (np.abs(np.fft.rfft(x, axis=1)) ** 2).mean(axis=0)
    total = power.sum(axis=0)
    return power / np.where(total > 0, total, 1.0)


def _result(name: str, differ, x: np.ndarray, y: np.ndarray) -> MetricResult:
    _, error = jackknife(differ, x, y)
    return MetricResult(name, differ(x, y), error, len(x), len(y), _FEATURES)
