"""Metrics of a run as charts, a group for each player."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from advnet.reporting._chart import (
    Axis,
    Chart,
    Mark,
    Tick,
    axis_of,
    count,
    finite_or_nan,
    line,
    number,
    rounded,
    sentence,
)

_MOST_POINTS = 400  # of a line: two for each CSS pixel are enough
_FIRST = ("probability", "loss", "gradient_norm")
_SIDES = {"real_": "D(x)", "fake_": "D(G(z))"}


class Curves(NamedTuple):
    """All there is to draw.

    Attributes:
      players: Charts by player.
      places: Where points are along every chart.
      half: Points on each side of one that are averaged with it.
      spacing: Steps between points.
      num: Rows of metrics.
    """

    players: dict[str, list[Chart]]
    places: str
    half: int
    spacing: float
    num: int


class _Rows(NamedTuple):
    """Rows in bins along the x axis."""

    starts: np.ndarray
    x: np.ndarray
    ticks: list[Tick]
    half: int
    when: str

    def means(self, y: np.ndarray) -> np.ndarray:
        """Mean of each bin's finite values; NaN where there is none."""
        finite = np.isfinite(y)
        sums = np.add.reduceat(np.where(finite, y, 0.0), self.starts)
        counts = np.add.reduceat(finite.astype(float), self.starts)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def raw(self, y: np.ndarray) -> str:
        """The line through all rows; where they are too many, through extremes."""
        if len(y) == len(self.starts):
            return line(self.x, y)
        both = [f.reduceat(y, self.starts) for f in (np.fmin, np.fmax)]
        return line(np.repeat(self.x, 2), np.stack(both, axis=1).ravel())


def curves(metrics: Mapping[str, np.ndarray]) -> Curves | None:
    """Charts of columns "step" and "player/what"; None where nothing was recorded."""
    table = {name: finite_or_nan(x) for name, x in metrics.items()}
    shapes = {name: x.shape for name, x in table.items()}
    if len(set(shapes.values())) > 1 or any(x.ndim != 1 for x in table.values()):
        raise ValueError(f"Expected metrics of one length [t], got {shapes}.")
    if table and "step" not in table:
        raise ValueError(f'Expected a column "step" in metrics, got {sorted(table)}.')
    if len(table) < 2 or not len(table["step"]):
        return None
    # A run that was rolled back wrote some steps twice: the last row counts.
    steps, kept = np.unique(table.pop("step")[::-1], return_index=True)
    table = {name: x[::-1][kept] for name, x in table.items()}
    rows = _rows(steps)
    players = {}
    for player, columns in _by_player(table).items():
        groups = _groups(columns)
        players[player] = [_chart(rows, player, what, x) for what, x in groups.items()]
    spacing = (steps[-1] - steps[0]) / max(1, len(rows.x) - 1)
    places = " ".join(rounded(rows.x))
    return Curves(players, places, rows.half, float(spacing), len(steps))


def smoothed(y: np.ndarray, half: int) -> np.ndarray:
    """Mean over `half` neighbors on each side, NaN apart; fewer at the ends."""
    finite, window = np.isfinite(y), np.ones(2 * half + 1)
    sums, counts = (
        np.convolve(x, window)[half : half + len(y)]
        for x in (np.where(finite, y, 0.0), finite)
    )
    return np.where(finite, sums / np.maximum(counts, 1), np.nan)


def _rows(steps: np.ndarray) -> _Rows:
    per_bin = -(-len(steps) // _MOST_POINTS)
    starts = np.arange(0, len(steps), per_bin)
    axis = Axis(0.0, float(steps[-1])) if steps[-1] > 0 else axis_of(steps)
    x = np.add.reduceat(axis.place(steps), starts) / np.diff(starts, append=len(steps))
    when = f"steps {steps[0]:,.0f} to {steps[-1]:,.0f}"
    return _Rows(starts, x, axis.ticks(), round(len(x) / 50), when)


def _by_player(table: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    players = {}
    for name, x in table.items():
        player, _, what = name.rpartition("/")
        players.setdefault(player or "run", {})[what] = x
    return players


def _groups(columns: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Columns that share a chart: what is said of real and of fake."""
    groups = {}
    for name, x in columns.items():
        what = name
        for side, other in (("real_", "fake_"), ("fake_", "real_")):
            if name.startswith(side) and other + name.removeprefix(side) in columns:
                what = name.removeprefix(side)
        groups.setdefault(what, {})[name] = x
    order = [what for what in _FIRST if what in groups]
    return {
        what: groups[what] for what in order + [x for x in groups if x not in order]
    }


def _chart(
    rows: _Rows, player: str, what: str, columns: Mapping[str, np.ndarray]
) -> Chart:
    every = np.stack(list(columns.values()))
    axis = axis_of(every, log=what == "gradient_norm")
    ticks = axis.ticks()
    if what == "probability":
        axis = Axis(-0.03, 1.03)
        ticks = axis.ticks(2)  # 0, 1/2 and 1
    raw, smooth, words = [], [], []
    for name, y in sorted(columns.items(), reverse=True):  # real before fake
        side = "real" if name.startswith("real_") and len(columns) > 1 else "fake"
        raw.append(Mark(side, "raw", rows.raw(axis.down(y))))
        smooth.append(_smooth(rows, axis, y, side, _label(name, what)))
        words.append(_words(_label(name, what) or "It", y))
    lost, cut = int(np.isnan(every).sum()), axis.outside(every)
    notes = sentence(
        [
            "on a logarithmic scale" if axis.log else "",
            f"{count(lost, 'value')} not finite, left out" if lost else "",
            f"{count(cut, 'value')} beyond the axis, cut off" if cut else "",
        ]
    )
    title = what.replace("_", " ")
    alt = f"{title} of {player}, {rows.when}. {' '.join(words)}"
    return Chart(title, alt, rows.ticks, ticks, raw + smooth, notes)


def _smooth(rows: _Rows, axis: Axis, y: np.ndarray, side: str, label: str) -> Mark:
    """The line that the page's slider draws again, from the same rounded places."""
    places = rounded(rows.means(axis.down(y)))
    curve = smoothed(np.array([float(text or "nan") for text in places]), rows.half)
    values = smoothed(rows.means(y), rows.half)
    values = values[np.isfinite(values)]
    end = number(float(values[-1])) if values.size else "never finite"
    return Mark(side, "line", line(rows.x, curve), label, end, " ".join(places))


def _label(name: str, what: str) -> str:
    if name == what:
        return ""
    side = name.removesuffix(what)
    return _SIDES[side] if what == "probability" else side.removesuffix("_")


def _words(label: str, y: np.ndarray) -> str:
    finite = y[np.isfinite(y)]
    if not finite.size:
        return f"{label} is never finite."
    ends = (finite[0], finite[-1], finite.min(), finite.max())
    first, last, low, high = (number(float(value)) for value in ends)
    return f"{label} starts at {first}, ends at {last}, lies in [{low}, {high}]."
