"""Metrics of a run as charts, in one group per player."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from advnet._extras import require
from advnet.reporting._charts import (
    COLORS,
    Chart,
    Key,
    Limits,
    add_tooltip,
    count_outside,
    finite_or_nan,
    limits,
    new_plot,
    state_source,
)
from advnet.reporting._words import count, number, sentence

_MAX_POINTS = 500  # of a curve
_SMOOTHING = (0, 0.005, 0.01, 0.02, 0.05, 0.1)  # shares of a curve, on each side
_DEFAULT_SMOOTHING = 0.02
_FIRST = ("probability", "loss", "gradient_norm")
_PROBABILITIES = {"real": "D(x)", "fake": "D(G(z))"}

Sides = dict[str, np.ndarray]
"""Values of one chart: "real" and "fake", or "fake" only."""


class Curves(NamedTuple):
    """The charts of a run's metrics.

    Attributes:
      players: Charts by player.
      labels: Names of the levels of smoothing.
      default: The level to show first.
      num_rows: Number of rows of metrics.
      last: Number of steps at the end over which the values of the legend are means.
    """

    players: dict[str, list[Chart]]
    labels: list[str]
    default: int
    num_rows: int
    last: str


class _Bins(NamedTuple):
    """Rows of metrics, several to a point of a curve if there are many.

    Attributes:
      starts: First row of each bin.
      steps: Training step of each row.
      halves: Points averaged on each side of a point, by level of smoothing.
      default: The level to show first.
    """

    starts: np.ndarray
    steps: np.ndarray
    halves: list[int]
    default: int

    def means(self, y: np.ndarray) -> np.ndarray:
        """Return the mean of each bin's finite values; NaN if it has none."""
        finite = np.isfinite(y)
        sums = np.add.reduceat(np.where(finite, y, 0.0), self.starts)
        counts = np.add.reduceat(finite.astype(float), self.starts)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def extremes(self, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the rows as recorded, or the extremes of each bin."""
        if len(y) == len(self.starts):
            return {"step": self.steps, "value": y}
        both_ends = [f.reduceat(y, self.starts) for f in (np.fmin, np.fmax)]
        steps = np.repeat(self.means(self.steps), 2)
        return {"step": steps, "value": np.stack(both_ends, axis=1).ravel()}


def curves(metrics: Mapping[str, np.ndarray]) -> Curves | None:
    """Draw the columns "step" and "player/name"; return None if there are no rows."""
    table = {name: finite_or_nan(x) for name, x in metrics.items()}
    _check_columns(table)
    if len(table) < 2 or not len(table["step"]):
        return None
    # A run that went back to a checkpoint wrote some steps twice: the last row counts.
    steps, rows = np.unique(table.pop("step")[::-1], return_index=True)
    table = {name: x[::-1][rows] for name, x in table.items()}
    bins = _bins(steps)
    players, shared = {}, limits(steps, margin=0.02)
    for player, columns in _by_player(table).items():
        players[player] = []
        for name, sides in _by_chart(columns).items():
            chart = _chart(bins, player, name, sides, shared)
            players[player].append(chart)
            shared = chart.plot.x_range  # zooming in one chart zooms in all
    spacing = (steps[-1] - steps[0]) / max(1, len(bins.starts) - 1)
    labels = [_window(2 * half + 1, spacing) for half in bins.halves]
    last = _window(bins.halves[bins.default] + 1, spacing)
    return Curves(players, labels, bins.default, len(steps), last)


def smoothed(y: np.ndarray, half: int) -> np.ndarray:
    """Return the mean of each value and `half` neighbors on each side; NaN stays NaN.

    Neighbors that are NaN, or beyond an end, do not count.
    """
    finite, window = np.isfinite(y), np.ones(2 * half + 1)
    sums, counts = (
        np.convolve(x, window)[half : half + len(y)]
        for x in (np.where(finite, y, 0.0), finite)
    )
    return np.where(finite, sums / np.maximum(counts, 1), np.nan)


def _check_columns(table: Mapping[str, np.ndarray]) -> None:
    """Raise if columns differ in length, or if there is no column of steps."""
    shapes = {name: x.shape for name, x in table.items()}
    if len(set(shapes.values())) > 1 or any(x.ndim != 1 for x in table.values()):
        raise ValueError(f"Expected metrics of one length [t], got {shapes}.")
    if table and "step" not in table:
        raise ValueError(f'Expected a column "step" in metrics, got {sorted(table)}.')


def _bins(steps: np.ndarray) -> _Bins:
    starts = np.arange(0, len(steps), -(-len(steps) // _MAX_POINTS))
    halves = list(dict.fromkeys(round(share * len(starts)) for share in _SMOOTHING))
    default = halves.index(round(_DEFAULT_SMOOTHING * len(starts)))
    return _Bins(starts, steps, halves, default)


def _window(num_points: int, spacing: float) -> str:
    return count(max(1, round(num_points * spacing)), "step")


def _by_player(table: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    players = {}
    for name, x in table.items():
        player, _, metric = name.rpartition("/")
        players.setdefault(player or "run", {})[metric] = x
    return players


def _by_chart(columns: Mapping[str, np.ndarray]) -> dict[str, Sides]:
    """Group a player's columns by chart; real_x and fake_x share the chart x."""
    charts: dict[str, Sides] = {}
    for name, x in columns.items():
        side, _, stem = name.partition("_")
        names = {"real": f"real_{stem}", "fake": f"fake_{stem}"}
        paired = side in names and set(names.values()) <= set(columns)
        if paired and stem not in columns:
            charts[stem] = {side: columns[column] for side, column in names.items()}
        else:
            charts[name] = {"fake": x}
    order = [name for name in _FIRST if name in charts]
    order += [name for name in charts if name not in order]
    return {name: charts[name] for name in order}


def _chart(bins: _Bins, player: str, name: str, sides: Sides, x: Any) -> Chart:
    values = np.stack(list(sides.values()))
    axis, log = _axis(values, name)
    labels = _PROBABILITIES if name == "probability" else {side: side for side in sides}
    labels = labels if len(sides) > 1 else {"fake": ""}
    plot = new_plot(x, axis, log=log)
    if name == "probability":
        plot.yaxis.ticker = [0, 0.5, 1]
    plot.xaxis.formatter = require("bokeh.models", "report").NumeralTickFormatter(
        format="0,0"
    )
    for side, y in sides.items():
        source = state_source([bins.extremes(y)])
        color = COLORS[side]
        plot.line("step", "value", source=source, line_color=color, line_alpha=0.35)
    means = {side: bins.means(_inside(y, axis)) for side, y in sides.items()}
    levels = _draw_means(plot, bins, means, labels)
    title = name.replace("_", " ")
    ends = " to ".join(number(step) for step in bins.steps[[0, -1]])
    alt = [f"{title} of {player}, steps {ends}."]
    alt += [_describe(labels[side] or "The curve", y) for side, y in sides.items()]
    keys = [Key(side, "line", labels[side], _last(levels[side])) for side in sides]
    return Chart(plot, title, " ".join(alt), keys, _note(values, axis, log))


def _draw_means(
    plot: Any, bins: _Bins, means: Sides, labels: Mapping[str, str]
) -> Sides:
    """Draw smoothed curves of bins with these means; return the level shown first."""
    steps = bins.means(bins.steps)
    levels = [
        {side: smoothed(y, half) for side, y in means.items()} for half in bins.halves
    ]
    source = state_source(
        levels, fixed={"step": steps}, group="smoothing", default=bins.default
    )
    for side, y in means.items():
        line = plot.line("step", side, source=source, line_color=COLORS[side])
        line.glyph.update(line_width=1.75, line_join="round")
        line.glyph.line_dash = [5, 4] if side == "real" else []
        if (alone := _isolated(y)).any():  # a line through one point is not visible
            points = state_source([{"step": steps[alone], "value": y[alone]}])
            plot.scatter("step", "value", source=points, size=4, color=COLORS[side])
    values = [f"<br>{labels[side]} @{side}{{%.3g}}" for side in means]
    add_tooltip(
        plot,
        line,
        "step @step{0,0}" + "".join(values),
        formats=dict.fromkeys(means, "printf"),
    )
    return levels[bins.default]


def _inside(y: np.ndarray, axis: Limits) -> np.ndarray:
    """Return `y` with NaN beyond the axis: an outlier would hide all its neighbors."""
    return np.where((y >= axis[0]) & (y <= axis[1]), y, np.nan)


def _last(y: np.ndarray) -> str:
    finite = y[np.isfinite(y)]
    return number(float(finite[-1])) if finite.size else "never finite"


def _note(values: np.ndarray, axis: Limits, log: bool) -> str:
    num_missing, num_outside = int(np.isnan(values).sum()), count_outside(values, axis)
    missing = f"{count(num_missing, 'value')} not finite, left out"
    outside = f"{count(num_outside, 'value')} beyond the axis, not in the means"
    return sentence(
        [
            "on a logarithmic scale" if log else "",
            missing if num_missing else "",
            outside if num_outside else "",
        ]
    )


def _axis(values: np.ndarray, name: str) -> tuple[Limits, bool]:
    """Return the limits of the y axis, and whether it is logarithmic."""
    if name == "probability":
        return (-0.03, 1.03), False
    finite = values[np.isfinite(values)]
    if name == "gradient_norm" and finite.size and finite.min() > 0:
        near, far = np.quantile(finite, (0.01, 0.99))
        if far > 50 * near:
            low, high = np.exp(limits(np.log(finite)))
            return (float(low), float(high)), True
    return limits(values), False


def _isolated(y: np.ndarray) -> np.ndarray:
    """Return which finite values have no finite neighbor."""
    finite = np.pad(np.isfinite(y), 1)
    return finite[1:-1] & ~finite[:-2] & ~finite[2:]


def _describe(label: str, y: np.ndarray) -> str:
    finite = y[np.isfinite(y)]
    if not finite.size:
        return f"{label} is never finite."
    ends = (finite[0], finite[-1], finite.min(), finite.max())
    first, last, low, high = (number(float(value)) for value in ends)
    return f"{label} starts at {first}, ends at {last}, lies in [{low}, {high}]."
