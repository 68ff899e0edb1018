"""Vectors as charts: histograms, a scatter, lines between points."""

import numpy as np

from advnet.reporting._chart import (
    Axis,
    Chart,
    Mark,
    axis_of,
    count,
    line,
    number,
    points,
    sentence,
)

MOST_COLUMNS = 16
MOST_DOTS = 2_000
_BINS = 40

Sides = dict[str, np.ndarray]
"""Vectors [n, d] by "real" and "fake"."""


def sides(samples: np.ndarray, data: np.ndarray | None) -> Sides:
    """Both clouds, the data first as they are drawn first."""
    return ({} if data is None else {"real": data}) | {"fake": samples}


def charts(shown: Sides, frame: Sides) -> list[Chart]:
    """What suits their dimension: a histogram, a scatter, a histogram a column.

    Args:
      shown: What to draw.
      frame: What the axes are to hold: the same axes for every frame of an animation.
    """
    dimension = shown["fake"].shape[1]
    if dimension == 2:
        return [_scatter(shown, frame)]
    return [
        _histogram(
            "" if dimension == 1 else f"column {column}",
            *(
                {side: x[:, column] for side, x in cloud.items()}
                for cloud in (shown, frame)
            ),
        )
        for column in range(min(dimension, MOST_COLUMNS))
    ]


def paths(rows: np.ndarray, frame: Sides) -> list[Chart]:
    """Lines in z, mapped [rows, steps, d]: in the plane, or a column each."""
    dimension = rows.shape[-1]
    if dimension == 2:
        x, y = _plane(frame)
        drawn = _dots(frame, x, y)[: len(frame) - 1]  # the data, if any
        drawn += [
            Mark("fake", "line", line(x.place(row[:, 0]), y.down(row[:, 1])))
            for row in rows
        ]
        alt = f"{count(len(rows), 'path')} of samples among the data."
        return [Chart("", alt, x.ticks(), y.ticks(), drawn, square=True)]
    along = Axis(0.0, 1.0)
    at = along.place(np.linspace(0, 1, rows.shape[1]))
    found = []
    for column in range(min(dimension, MOST_COLUMNS)):
        values = rows[:, :, column]
        axis = axis_of(values)
        drawn = [Mark("fake", "line", line(at, axis.down(row))) for row in values]
        title = "" if dimension == 1 else f"column {column}"
        alt = f"{title or 'samples'} along {count(len(rows), 'line')} in z."
        found.append(Chart(title, alt, along.ticks(), axis.ticks(), drawn))
    return found


def _histogram(title: str, shown: Sides, frame: Sides) -> Chart:
    axis = axis_of(np.concatenate(list(frame.values())))
    edges = np.linspace(axis.low, axis.high, _BINS + 1)
    heights = {}
    for side, values in shown.items():
        inside = values[np.isfinite(values)]
        heights[side] = np.histogram(inside, edges)[0] / max(1, len(inside))
    highest = Axis(0.0, 1.04 * max(max(y.max() for y in heights.values()), 1e-9))
    marks = []
    for side, height in heights.items():
        x = np.repeat(axis.place(edges), 2)
        y = highest.down(np.pad(np.repeat(height, 2), 1))
        outline = line(x, y)
        marks.append(Mark(side, "area", outline, _NAMES[side]))
    cut = sum(axis.outside(values) for values in shown.values())
    notes = sentence([f"{count(cut, 'value')} beyond the axis, cut off" if cut else ""])
    words = [_words(_NAMES[side], values) for side, values in shown.items()]
    alt = sentence([f"histogram of {title or 'the values'}", *words])
    return Chart(title, alt, axis.ticks(), [], marks, notes)


def _scatter(shown: Sides, frame: Sides) -> Chart:
    x, y = _plane(frame)
    marks = _dots(shown, x, y)
    words = [
        f"{_NAMES[side]}: {count(len(v), 'point')}, "
        + " and ".join(_words("xy"[i], v[:, i]) for i in range(2))
        for side, v in shown.items()
    ]
    cut = sum(x.outside(v[:, 0]) + y.outside(v[:, 1]) for v in shown.values())
    notes = sentence([f"{count(cut, 'value')} beyond the axes, cut off" if cut else ""])
    alt = sentence(["scatter", *words])
    return Chart("", alt, x.ticks(), y.ticks(), marks, notes, square=True)


_NAMES = {"real": "data", "fake": "samples"}


def _plane(frame: Sides) -> tuple[Axis, Axis]:
    """Two axes on which a unit is equally long."""
    every = np.concatenate(list(frame.values()))
    ranges = [axis_of(every[:, i]) for i in range(2)]
    half = max(axis.high - axis.low for axis in ranges) / 2
    middles = [(axis.low + axis.high) / 2 for axis in ranges]
    x, y = (Axis(middle - half, middle + half) for middle in middles)
    return x, y


def _dots(shown: Sides, x: Axis, y: Axis) -> list[Mark]:
    marks = []
    for side, v in shown.items():
        v = v[np.isfinite(v).all(axis=1)][:MOST_DOTS]
        path = points(x.place(v[:, 0]), y.down(v[:, 1]))
        marks.append(Mark(side, "points", path, _NAMES[side]))
    return marks


def _words(name: str, values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return f"{name}: none finite"
    return f"{name}: mean {number(finite.mean())}, sd {number(finite.std())}"
