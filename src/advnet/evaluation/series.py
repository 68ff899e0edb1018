"""Metrics of series [n, t, c]: autocorrelation and spectrum, of every channel."""

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet._validation import check_at_least
from advnet.evaluation._digest import digest_examples
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import jackknife

__all__ = ["autocorrelation", "autocorrelation_function", "power_spectrum", "spectrum"]

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
        np.abs(
            autocorrelation_function(x, num_lags)
            - autocorrelation_function(y, num_lags)
        ).max()
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
        np.abs(power_spectrum(x) - power_spectrum(y)).sum(axis=0).mean() / 2
    )
    return _result("spectrum distance", differ, x, y)


def autocorrelation_function(x: ArrayLike, num_lags: int = 10) -> np.ndarray:
    """Compute the autocorrelation of every channel, with one mean for all series.

    Args:
      x: Series [n, t, c].
      num_lags: Number of lags, below t.

    Returns:
      Autocorrelations at lags 1 to `num_lags`, [num_lags, c]; 0 for constant channels.

    Raises:
      ValueError: If `x` is not an array of series, or t is not above `num_lags`.

    Examples:
      >>> wave = np.array([1.0, -1.0] * 8)[None, :, None]
      >>> autocorrelation_function(wave, 2)[:, 0].round().tolist()
      [-1.0, 1.0]
    """
    check_at_least(1, num_lags=num_lags)
    x = _require_one(x, "series", num_lags + 1)
    x = x - x.mean(axis=(0, 1), keepdims=True, dtype=np.float64)
    variance = (x**2).mean(axis=(0, 1))
    scale = np.where(variance > 0, variance, 1.0)
    lags = range(1, num_lags + 1)
    return np.stack([(x[:, k:] * x[:, :-k]).mean(axis=(0, 1)) / scale for k in lags])


def power_spectrum(x: ArrayLike) -> np.ndarray:
    """Compute the share of each frequency in the mean power of every channel.

    Args:
      x: Series [n, t, c].

    Returns:
      Shares [t // 2 + 1, c] of the frequencies 0, 1 / t, 2 / t, ... per step of time; 0
      for constant channels.

    Raises:
      ValueError: If `x` is not an array of series of at least two times.

    Examples:
      >>> wave = np.array([1.0, -1.0] * 8)[None, :, None]
      >>> power_spectrum(wave)[:, 0].argmax()  # 8 periods in 16 times
      np.int64(8)
    """
    x = _require_one(x, "series", 2)
    x = x - x.mean(axis=(0, 1), keepdims=True, dtype=np.float64)
    power = (np.abs(np.fft.rfft(x, axis=1)) ** 2).mean(axis=0)
    total = power.sum(axis=0)
    return power / np.where(total > 0, total, 1.0)


def _require_one(x: ArrayLike, name: str, min_times: int) -> np.ndarray:
    """Return series [n, t, c] as floats, or raise if `x` is something else."""
    x = require_floats(x, name=name, min_examples=1)
    if x.ndim != 3 or x.shape[1] < min_times:
        raise ValueError(
            f"Expected series [n, t, c] with t >= {min_times}, got {list(x.shape)}. "
            "Cut longer windows, or compare fewer lags."
        )
    return x


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


def _result(name: str, differ, x: np.ndarray, y: np.ndarray) -> MetricResult:
    _, error = jackknife(differ, x, y)
    return MetricResult(
        name,
        differ(x, y),
        error,
        len(x),
        len(y),
        _FEATURES,
        data=digest_examples(x),
    )
