"""Series as charts: windows, autocorrelation, spectrum, paths between samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from advnet.evaluation import series
from advnet.reporting._charts import (
    COLORS,
    Chart,
    Key,
    Limits,
    add_tooltip,
    limits,
    new_plot,
    state_source,
)
from advnet.reporting._clouds import NAMES
from advnet.reporting._words import count, number, sentence

MAX_CHANNELS = 8
_NUM_WINDOWS = 4
_NUM_ROWS = 6  # lines in z, and pairs of neighbors
_MAX_LAGS = 40
_ALPHAS = (1.0, 0.7, 0.5, 0.35)  # of windows in one chart
_DASHES = {"real": "dashed", "fake": "solid"}


def draw_channels(
    samples: np.ndarray, data: np.ndarray | None, channels: Sequence[str]
) -> list[Chart]:
    """Draw windows, autocorrelation and spectrum of samples [n, t, c] beside data."""
    sides = ({} if data is None else {"real": data}) | {"fake": samples}
    lags = min(_MAX_LAGS, samples.shape[1] - 1)
    correlations = {
        side: series.autocorrelation_function(_finite(x), lags)
        for side, x in sides.items()
    }
    powers = {side: series.power_spectrum(_finite(x)) for side, x in sides.items()}
    frequencies = np.arange(samples.shape[1] // 2 + 1) / samples.shape[1]
    charts = []
    for index, channel in enumerate(channels[:MAX_CHANNELS]):
        first = [x[:_NUM_WINDOWS, :, index] for x in sides.values()]
        axis = limits(np.concatenate(first))
        charts += [
            _windows(f"{channel}, {NAMES[side]}", x, side, axis)
            for side, x in zip(sides, first, strict=True)
        ]
        charts.append(
            _curves(
                f"{channel}, autocorrelation",
                "lag",
                np.arange(lags + 1),
                {k: np.append(1.0, x[:, index]) for k, x in correlations.items()},
            )
        )
        charts.append(
            _curves(
                f"{channel}, share of the power",
                "frequency",
                frequencies,
                {k: x[:, index] for k, x in powers.items()},
            )
        )
    return charts


def draw_steps(
    states: Sequence[np.ndarray],
    channels: Sequence[str],
    *,
    group: str,
) -> list[Chart]:
    """Draw windows of samples [n, t, c] at several steps of training, by channel."""
    charts = []
    for index, channel in enumerate(channels[:MAX_CHANNELS]):
        windows = [x[:_NUM_WINDOWS, :, index] for x in states]
        axis = limits(np.concatenate([x.ravel() for x in windows]))
        plot = _new_plot(states[0].shape[1], axis)
        columns = [
            {f"window_{i}": window for i, window in enumerate(x)} for x in windows
        ]
        times = np.arange(states[0].shape[1])
        source = state_source(columns, fixed={"time": times}, group=group)
        for i in range(len(windows[0])):
            _line(plot, source, "time", f"window_{i}", "fake", _ALPHAS[i])
        alt = f"{count(len(windows[0]), 'window')} of samples of {channel}."
        charts.append(Chart(plot, channel, alt, []))
    return charts


def draw_lines(rows: np.ndarray, channels: Sequence[str]) -> list[Chart]:
    """Draw samples [rows, steps, t, c] along lines in z, the later the darker."""
    charts = []
    for number_of_row, row in enumerate(rows[:_NUM_ROWS], 1):
        for index, channel in enumerate(channels[: max(1, MAX_CHANNELS // _NUM_ROWS)]):
            windows = row[:, :, index]
            plot = _new_plot(windows.shape[1], limits(windows))
            for step, window in enumerate(windows):
                alpha = 0.15 + 0.85 * (step + 1) / len(windows)
                source = state_source([{"y": window}], fixed={"x": _times(window)})
                _line(plot, source, "x", "y", "fake", alpha)
            title = f"line {number_of_row}, {channel}"
            alt = f"{count(len(windows), 'window')} of {channel} along a line in z."
            charts.append(Chart(plot, title, alt, []))
    return charts


def draw_neighbors(
    samples: np.ndarray, neighbors: np.ndarray, channels: Sequence[str]
) -> list[Chart]:
    """Draw the first samples over their nearest training series, first channel."""
    charts = []
    pairs = zip(samples[..., 0], neighbors[..., 0], strict=False)
    for index, (x, neighbor) in enumerate([*pairs][:_NUM_ROWS], 1):
        plot = _new_plot(len(x), limits(np.concatenate([x, neighbor])))
        source = state_source(
            [{"real": neighbor, "fake": x}], fixed={"time": _times(x)}
        )
        for side in ("real", "fake"):
            _line(plot, source, "time", side, side, 1.0)
        distance = number(float(np.linalg.norm(x - neighbor)))
        alt = f"Sample {index} and its nearest training series, distance {distance}."
        keys = [Key("real", "line", "training"), Key("fake", "line", "sample")]
        charts.append(Chart(plot, f"{channels[0]}, sample {index}", alt, keys))
    return charts


def _finite(x: np.ndarray) -> np.ndarray:
    """Return the series whose values are all finite, or zeros if there are none."""
    finite = x[np.isfinite(x).all(axis=(1, 2))]
    return finite if len(finite) else np.zeros_like(x[:1])


def _times(window: np.ndarray) -> np.ndarray:
    return np.arange(len(window))


def _new_plot(num_times: int, axis: Limits) -> Any:
    return new_plot((0.0, float(max(1, num_times - 1))), axis)


def _line(plot: Any, source: Any, x: str, y: str, side: str, alpha: float) -> Any:
    return plot.line(
        x=x,
        y=y,
        source=source,
        line_color=COLORS[side],
        line_width=1.75,
        line_alpha=alpha,
        line_dash=_DASHES[side],
        line_join="round",
    )


def _windows(title: str, windows: np.ndarray, side: str, axis: Limits) -> Chart:
    plot = _new_plot(windows.shape[1], axis)
    for window, alpha in zip(windows, _ALPHAS, strict=False):
        source = state_source([{"y": window}], fixed={"x": _times(window)})
        line = _line(plot, source, "x", "y", side, alpha)
        line.glyph.line_dash = "solid"  # dashes would hide the shape of a wave
    alt = f"{count(len(windows), 'window')} of {title}."
    return Chart(plot, title, alt, [])


def _curves(
    title: str, name: str, x: np.ndarray, sides: dict[str, np.ndarray]
) -> Chart:
    values = np.concatenate([*sides.values()])
    plot = new_plot((float(x[0]), float(x[-1])), limits(values))
    source = state_source([sides], fixed={"x": x})
    for side in sides:
        line = _line(plot, source, "x", side, side, 1.0)
    texts = [f"{NAMES[side]} @{side}{{0.000}}" for side in sides]
    add_tooltip(plot, line, "<br>".join([f"{name} @x{{0.[000]}}", *texts]))
    alt = sentence(
        [title]
        + [
            f"{NAMES[side]} at the first {min(3, len(x) - 1)} points after 0: "
            + ", ".join(f"{value:.3f}" for value in values[1:4])
            for side, values in sides.items()
        ]
    )
    keys = [Key(side, "line", NAMES[side]) for side in sides]
    return Chart(plot, title, alt, keys)
