"""A chart as data: places on a square, for the page's template to draw.

Lines stretch with the page while text keeps its size, so places are whole numbers on
[0, SIDE] in both directions, y downwards.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

SIDE = 1000
_FAR = 4  # times the middle 98 % of values: a range beyond that is cut
_BEYOND = 100 * SIDE  # where far-off points are held, to keep their digits few


def finite_or_nan(values: ArrayLike) -> np.ndarray:
    """Floats, with infinities as NaN: what has no place is not drawn."""
    values = np.asarray(values, np.float64)
    return np.where(np.isfinite(values), values, np.nan)


class Tick(NamedTuple):
    """A label on an axis, at a percentage of its length."""

    at: float
    label: str


class Mark(NamedTuple):
    """Something drawn.

    Attributes:
      side: "real" or "fake", which says its color.
      shape: "line", "raw" (a faint line), "area" or "points".
      path: In SVG's words.
      label: Its name in the legend.
      value: What stands beside the name.
      places: Where the line's points are before smoothing, for the page's slider.
    """

    side: str
    shape: str
    path: str
    label: str = ""
    value: str = ""
    places: str = ""


class Chart(NamedTuple):
    """Marks between two axes.

    Attributes:
      title: Above it.
      alt: The same in words, for those who do not see it.
      x: Ticks.
      y: Ticks.
      marks: The first is drawn first.
      notes: What the chart does not show.
      square: Whether a unit is as long in both directions.
    """

    title: str
    alt: str
    x: list[Tick]
    y: list[Tick]
    marks: list[Mark]
    notes: str = ""
    square: bool = False


class Axis(NamedTuple):
    """From values to places, by a linear or logarithmic scale."""

    low: float
    high: float
    log: bool = False

    def place(self, values: np.ndarray) -> np.ndarray:
        """Where values are, 0 to SIDE from low to high; NaN stays NaN."""
        low, high = self.low, self.high
        if self.log:
            values, low, high = np.log(values), math.log(low), math.log(high)
        places = SIDE * (values - low) / (high - low)
        return np.clip(places, -_BEYOND, _BEYOND)

    def down(self, values: np.ndarray) -> np.ndarray:
        """The same from high to low, as y runs on a screen."""
        return SIDE - self.place(values)

    def ticks(self, about: float = 3.5) -> list[Tick]:
        """Round values that part the axis in about so many."""
        if self.log:
            first, last = math.log10(self.low), math.log10(self.high)
            powers = range(math.ceil(first), math.floor(last) + 1)
            values = [10.0**n for n in powers]
            labels = [number(value) for value in values]
        else:
            step = _round_step((self.high - self.low) / about)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            values = [step * n for n in range(first, last + 1)]
            labels = _labels(values, step)
        places = self.place(np.array(values)) / (SIDE / 100)
        return [
            Tick(round(float(at), 2), x) for at, x in zip(places, labels, strict=True)
        ]

    def outside(self, values: np.ndarray) -> int:
        """How many finite values are cut off."""
        finite = values[np.isfinite(values)]
        return int(np.sum((finite < self.low) | (finite > self.high)))


def axis_of(values: np.ndarray, *, log: bool = False, margin: float = 0.04) -> Axis:
    """An axis for values, NaN apart; the rare far-off ones are left outside."""
    finite = np.asarray(values, np.float64)[np.isfinite(values)]
    if not finite.size:
        return Axis(0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    near, far = map(float, np.quantile(finite, (0.01, 0.99)))
    if log and low > 0 and far > 50 * near:
        low, high, _ = axis_of(np.log(finite), margin=margin)
        return Axis(math.exp(low), math.exp(high), log=True)
    if high - low > _FAR * (far - near) > 0:
        low, high = max(low, 2 * near - far), min(high, 2 * far - near)
    extra = margin * (high - low) or 0.5 * abs(low) or 0.5
    return Axis(low - extra, high + extra)


def line(x: np.ndarray, y: np.ndarray) -> str:
    """A path through places, with gaps where y is NaN."""
    path, pen = [], "M"
    for at, height in zip(rounded(x), rounded(y), strict=True):
        if height:
            # A dot, in case the next point is missing too.
            path.append(f"{pen}{at} {height}" + ("h0" if pen == "M" else ""))
        pen = "L" if height else "M"
    return "".join(path)


def points(x: np.ndarray, y: np.ndarray) -> str:
    """A path that is a dot at each place."""
    places = zip(rounded(x), rounded(y), strict=True)
    return "".join(f"M{at} {height}h0" for at, height in places)


def rounded(places: np.ndarray) -> list[str]:
    """Whole numbers as text, "" for NaN; halves go up, as in the page's script."""
    return ["" if np.isnan(x) else f"{x:.0f}" for x in np.floor(places + 0.5)]


def number(value: float) -> str:
    """Three digits or a whole number, and a true minus sign."""
    text = f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def count(num: int, what: str) -> str:
    """A number with its noun."""
    return f"{num:,} {what}" + ("" if num == 1 else "s")


def sentence(parts: Iterable[str]) -> str:
    """The parts that are not empty, as one sentence."""
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "." if text else ""


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return power * min((1, 2, 5, 10), key=lambda m: abs(math.log(m * power / rough)))


def _labels(values: list[float], step: float) -> list[str]:
    if not 1e-4 <= step < 1e6:
        return [number(value) for value in values]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value + 0.0:,.{decimals}f}".replace("-", "−") for value in values]
