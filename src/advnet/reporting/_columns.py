"""Columns of a table as charts: histograms of numbers and dates, bars of categories."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from advnet._extras import require
from advnet.reporting._charts import (
    COLORS,
    Chart,
    Key,
    add_tooltip,
    limits,
    new_plot,
    plain_label,
    state_source,
)
from advnet.reporting._clouds import BARS, NAMES, histogram
from advnet.reporting._words import number, sentence

MAX_CHARTS = 40
_MAX_LEVELS = 12
_NUM_BINS = 40
_BAR = 0.38  # height of a bar, where the levels are 1 apart
_PIXELS_PER_LEVEL, _PIXELS_AROUND = 26, 44
_MILLISECOND = 1_000  # microseconds: dates are drawn in the unit of Bokeh


class Column(NamedTuple):
    """Column of a table, whose values are numbers or the indices of categories.

    Attributes:
      name: Name of the column.
      levels: Name of the category with each index; empty for numbers and dates.
      step: Smallest difference of two numbers, 0 if they have no grid.
      is_date: Whether numbers are dates, in microseconds since 1970.
    """

    name: str
    levels: Sequence[str] = ()
    step: float = 0.0
    is_date: bool = False


def marginals(
    columns: Sequence[Column],
    states: Sequence[np.ndarray],
    data: np.ndarray | None,
    *,
    group: str = "",
) -> list[Chart]:
    """Draw the distribution of the first columns, of samples beside the data.

    Args:
      columns: The columns.
      states: Samples [n, d], once or at several steps of training.
      data: Real rows [m, d].
      group: Name of the page's slider that selects a state.

    Returns:
      A chart for each column.
    """
    charts = []
    for index, column in enumerate(columns[:MAX_CHARTS]):
        values = [x[:, index] for x in states]
        real = None if data is None else data[:, index]
        draw = _bars if column.levels else _histogram
        charts.append(draw(column, values, real, group))
    return charts


def describe_row(columns: Sequence[Column], row: np.ndarray) -> str:
    """Return the names and values of a row [d] as text."""
    parts = []
    for column, value in zip(columns, row, strict=True):
        parts.append(f"{column.name} {_describe_value(column, value)}")
    return ", ".join(parts)


def _describe_value(column: Column, value: float) -> str:
    if np.isnan(value):
        return "missing"
    if column.levels:
        return column.levels[int(value)]
    if column.is_date:
        date = np.datetime64(int(value), "us")
        is_day = date == date.astype("datetime64[D]")
        return str(date.astype("datetime64[D]" if is_day else "datetime64[s]"))
    if column.step:
        return f"{value:,.{max(0, math.ceil(-math.log10(column.step)))}f}"
    return number(value)


def _histogram(
    column: Column,
    states: Sequence[np.ndarray],
    data: np.ndarray | None,
    group: str,
) -> Chart:
    sides = ([] if data is None else [data]) + [*states]
    scale = 1 / _MILLISECOND if column.is_date else 1.0
    axis = limits(np.concatenate(sides) * scale)
    chart = histogram(
        column.name,
        [x * scale for x in states],
        None if data is None else data * scale,
        group=group,
        edges=_edges(axis, sides, column.step) if scale == 1 else None,
        is_date=column.is_date,
    )
    if column.is_date:
        chart = chart._replace(alt=_describe_dates(column, data, states[-1]))
    gaps = {
        NAMES[side]: float(np.isnan(x).mean())
        for side, x in zip(("real", "fake"), (data, states[-1]), strict=True)
        if x is not None
    }
    if not any(gaps.values()):
        return chart
    shares = " and ".join(f"{share:.1%} of the {side}" for side, share in gaps.items())
    return chart._replace(notes=f"Missing: {shares}. {chart.notes}".rstrip())


def _describe_dates(
    column: Column, data: np.ndarray | None, samples: np.ndarray
) -> str:
    ranges = []
    for side, x in (("real", data), ("fake", samples)):
        if x is not None and not np.isnan(x).all():
            first, last = (
                _describe_value(column, find(x)) for find in (np.nanmin, np.nanmax)
            )
            ranges.append(f"{NAMES[side]}: {first} to {last}")
    return sentence([f"histogram of {column.name}", *ranges])


def _edges(
    axis: tuple[float, float], sides: Sequence[np.ndarray], step: float
) -> np.ndarray | None:
    """Return edges between the values of a grid, which no bin divides unequally."""
    span = axis[1] - axis[0]
    if not step or span / step > 1e6:
        return None
    origin = float(np.nanmin(np.concatenate(sides))) - step / 2
    width = step * max(1, math.ceil(span / step / _NUM_BINS))
    first = math.floor((axis[0] - origin) / width)
    last = math.ceil((axis[1] - origin) / width)
    return origin + width * np.arange(first, last + 1)


def _bars(
    column: Column,
    states: Sequence[np.ndarray],
    data: np.ndarray | None,
    group: str,
) -> Chart:
    visible, names = _levels_to_show(column)
    sides = ({} if data is None else {"real": [data]}) | {"fake": [*states]}
    shares = {
        side: [_shares(x, column, visible) for x in arrays]
        for side, arrays in sides.items()
    }
    places = np.arange(len(names), 0.0, -1)
    largest = max(float(x.max()) for arrays in shares.values() for x in arrays)
    plot = new_plot(
        (0.0, 1.04 * max(largest, 1e-9)),
        (0.4, len(names) + 0.6),
        height=_PIXELS_AROUND + _PIXELS_PER_LEVEL * len(names),
    )
    fixed = {"real_y": places + _BAR / 2, "fake_y": places - _BAR / 2}
    if data is not None:
        fixed["real"] = shares["real"][0]
    source = state_source([{"fake": x} for x in shares["fake"]], fixed=fixed)
    source.tags = [group]
    for side in sides:
        plot.hbar(
            y=f"{side}_y",
            right=side,
            height=_BAR,
            source=source,
            fill_color=COLORS[side],
            line_color=COLORS[side],
            **BARS[side],
        )
    plot.yaxis.ticker = list(places)
    plot.yaxis.major_label_overrides = {
        float(place): plain_label(name)
        for place, name in zip(places, names, strict=True)
    }
    plot.ygrid.visible, plot.xgrid.visible = False, True
    plot.xaxis.formatter = require("bokeh.models", "report").NumeralTickFormatter(
        format="0%"
    )
    values = [f"{NAMES[side]} @{side}{{0.0%}}" for side in sides]
    add_tooltip(plot, plot.renderers[-1], "<br>".join(values), mode="hline")
    texts = [
        f"{name}: "
        + ", ".join(f"{NAMES[side]} {x[-1][i]:.1%}" for side, x in shares.items())
        for i, name in enumerate(names)
    ]
    return Chart(
        plot,
        column.name,
        sentence([f"shares of {column.name}", *texts]),
        [Key(side, "area", NAMES[side]) for side in sides],
        "",
    )


def _levels_to_show(column: Column) -> tuple[list[int], list[str]]:
    """Return the indices of the first levels, and names with one for all others."""
    num = len(column.levels)
    if num <= _MAX_LEVELS:
        return [*range(num)], [*column.levels]
    visible = [*range(_MAX_LEVELS - 1)]
    return visible, [*column.levels[: len(visible)], f"{num - len(visible):,} others"]


def _shares(values: np.ndarray, column: Column, visible: Sequence[int]) -> np.ndarray:
    """Return the share of each level that is visible, then of all others if any."""
    codes = values[np.isfinite(values)].astype(np.int64)
    shares = np.bincount(codes, minlength=len(column.levels)) / max(1, len(codes))
    if len(visible) == len(column.levels):
        return shares
    return np.append(shares[: len(visible)], shares[len(visible) :].sum())
