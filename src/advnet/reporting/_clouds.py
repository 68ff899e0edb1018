"""Vectors as charts: histograms, scatter plots, lines between points."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from advnet._extras import require
from advnet._moments import compute_moments
from advnet.reporting._charts import (
    COLORS,
    HEIGHT,
    SINGLE_HEIGHT,
    Chart,
    Key,
    Limits,
    add_tooltip,
    count_outside,
    limits,
    new_plot,
    state_source,
)
from advnet.reporting._words import count, number, sentence

MAX_COLUMNS = 16
MAX_DOTS = 2_000
_NUM_BINS = 40
NAMES = {"real": "data", "fake": "samples"}
BARS = {"real": {"fill_alpha": 0.35, "line_alpha": 0}, "fake": {"fill_alpha": 0.2}}


def clouds(
    states: Sequence[np.ndarray], data: np.ndarray | None, *, group: str = ""
) -> list[Chart]:
    """Draw samples over data: a scatter plot in two dimensions, else histograms.

    Args:
      states: Samples [n, d], once, or at several steps of training. All are drawn on
        the same axes, and the last is shown first.
      data: Real examples [m, d].
      group: Name of the page's slider that selects a state.

    Returns:
      One scatter plot if d = 2, else a histogram for each of the first columns.
    """
    dimension = states[0].shape[1]
    if dimension == 2:
        return [_scatter(states, data, group)]
    return [
        histogram(
            "" if dimension == 1 else f"column {column}",
            [x[:, column] for x in states],
            None if data is None else data[:, column],
            group=group,
        )
        for column in range(min(dimension, MAX_COLUMNS))
    ]


def paths(
    rows: np.ndarray,
    samples: np.ndarray,
    data: np.ndarray | None,
    *,
    titles: Sequence[str] = (),
) -> list[Chart]:
    """Draw lines of samples [rows, steps, d]: in the plane if d = 2, else by column.

    Args:
      rows: Samples along lines in z.
      samples: Random samples [n, d], for the limits of the plane.
      data: Real examples [m, d].
      titles: Names of the columns, which are then drawn one by one.
    """
    dimension = rows.shape[-1]
    style = {"line_color": COLORS["fake"], "line_width": 1.75, "line_join": "round"}
    if dimension == 2 and not titles:
        plot = new_plot(*_plane(_sides([samples], data)), square=True)
        if data is not None:
            _dots(plot, [data], "real", "")
        plot.multi_line(list(rows[:, :, 0]), list(rows[:, :, 1]), **style)
        alt = f"{count(len(rows), 'path')} of samples among the data."
        keys = [] if data is None else [Key("real", "points", NAMES["real"])]
        return [Chart(plot, "", alt, [*keys, Key("fake", "line", "paths")])]
    charts = []
    share = np.linspace(0, 1, rows.shape[1])
    for column in range(min(dimension, MAX_COLUMNS)):
        values = rows[:, :, column]
        plot = new_plot(
            (0.0, 1.0),
            limits(values),
            height=HEIGHT if dimension > 1 else SINGLE_HEIGHT,
        )
        plot.multi_line([share] * len(values), list(values), **style)
        title = "" if dimension == 1 else f"column {column}"
        title = titles[column] if titles else title
        alt = f"{title or 'samples'} along {count(len(rows), 'line')} in z."
        charts.append(Chart(plot, title, alt, []))
    return charts


def _sides(
    states: Sequence[np.ndarray], data: np.ndarray | None
) -> dict[str, Sequence[np.ndarray]]:
    """Return the arrays by side; the data come first, because samples cover them."""
    return ({} if data is None else {"real": [data]}) | {"fake": states}


def histogram(
    title: str,
    states: Sequence[np.ndarray],
    data: np.ndarray | None,
    *,
    group: str = "",
    edges: np.ndarray | None = None,
    is_date: bool = False,
) -> Chart:
    """Draw the distribution of samples over that of the data.

    Args:
      title: Name of the values.
      states: Samples [n], once or at several steps of training.
      data: Real values [m].
      group: Name of the page's slider that selects a state.
      edges: Edges of the bins; by default 40 bins of equal width.
      is_date: Whether the values are milliseconds since 1970.
    """
    sides = _sides(states, data)
    axis = limits(np.concatenate([x for arrays in sides.values() for x in arrays]))
    if edges is None:
        edges = np.linspace(*axis, _NUM_BINS + 1)
    axis = float(edges[0]), float(edges[-1])
    shares = [{"fake": _shares(x, edges)} for x in states]
    fixed = {"left": edges[:-1], "right": edges[1:]}
    if data is not None:
        fixed["real"] = _shares(data, edges)
    heights = [x["fake"] for x in shares] + [fixed.get("real", np.zeros(1))]
    plot = new_plot(axis, None, height=HEIGHT if title else SINGLE_HEIGHT)
    source = state_source(shares, fixed=fixed, group=group)
    for side in sides:
        bars = plot.quad(left="left", right="right", top=side, bottom=0, source=source)
        bars.glyph.update(
            fill_color=COLORS[side], line_color=COLORS[side], **BARS[side]
        )
    values = [f"<br>{NAMES[side]} @{side}{{0.0%}}" for side in sides]
    form, kind = ("%F", "datetime") if is_date else ("%.4g", "printf")
    add_tooltip(
        plot,
        bars,
        f"@left{{{form}}} to @right{{{form}}}" + "".join(values),
        formats={"left": kind, "right": kind},
    )
    if is_date:
        models = require("bokeh.models", "report")
        plot.xaxis.ticker = models.DatetimeTicker(desired_num_ticks=4)
        plot.xaxis.formatter = models.DatetimeTickFormatter()
    plot.y_range.end = 1.04 * max(1e-9, *(x.max() for x in heights))
    return Chart(
        plot,
        title,
        _describe(f"histogram of {title or 'the values'}", sides),
        [Key(side, "area", NAMES[side]) for side in sides],
        _note_outside(sum(count_outside(x[-1], axis) for x in sides.values()), "axis"),
    )


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of the finite values in each bin."""
    finite = values[np.isfinite(values)]
    return np.histogram(finite, edges)[0] / max(1, len(finite))


def _scatter(
    states: Sequence[np.ndarray], data: np.ndarray | None, group: str
) -> Chart:
    sides = _sides(states, data)
    axes = _plane(sides)
    plot = new_plot(*axes, square=True)
    for side, arrays in sides.items():
        _dots(plot, arrays, side, group)
    num_outside = sum(
        count_outside(arrays[-1][:, i], axes[i])
        for arrays in sides.values()
        for i in range(2)
    )
    keys = [Key(side, "points", NAMES[side]) for side in sides]
    return Chart(
        plot,
        "",
        _describe("scatter plot", sides),
        keys,
        _note_outside(num_outside, "axes"),
    )


def _plane(sides: dict[str, Sequence[np.ndarray]]) -> tuple[Limits, Limits]:
    """Return two axes of equal length, so that a unit is equally long on each."""
    points = np.concatenate([x for arrays in sides.values() for x in arrays])
    ranges = [limits(points[:, i]) for i in range(2)]
    half = max(high - low for low, high in ranges) / 2
    x, y = (((low + high) / 2 - half, (low + high) / 2 + half) for low, high in ranges)
    return x, y


def _dots(plot: Any, arrays: Sequence[np.ndarray], side: str, group: str) -> None:
    states = []
    for x in arrays:
        finite = x[np.isfinite(x).all(axis=1)][:MAX_DOTS]
        states.append({"x": finite[:, 0], "y": finite[:, 1]})
    source = state_source(states, group=group)
    plot.scatter(
        "x", "y", source=source, size=3, color=COLORS[side], alpha=0.55, line_color=None
    )


def _describe(what: str, sides: dict[str, Sequence[np.ndarray]]) -> str:
    """Return a sentence with the mean and deviation of each side's last array."""
    parts = []
    for side, arrays in sides.items():
        columns = arrays[-1].reshape(len(arrays[-1]), -1).T
        moments = [_moments(x) for x in columns]
        if len(columns) > 1:
            moments = [f"{name} {x}" for name, x in zip("xy", moments, strict=True)]
        parts.append(f"{NAMES[side]}: {' and '.join(moments)}")
    return sentence([what, *parts])


def _moments(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no finite values"
    mean, deviation = (float(x[0]) for x in compute_moments(finite[:, None]))
    return f"mean {number(mean)}, deviation {number(deviation)}"


def _note_outside(num: int, axis: str) -> str:
    return f"{count(num, 'value')} beyond the {axis}, cut off." if num else ""
