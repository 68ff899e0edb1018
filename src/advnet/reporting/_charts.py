"""Charts of the report: Bokeh figures, with the words that stand around them.

Lines and points have colors that are visible on light and on dark pages. Text, axes and
grids take their colors from the page (`report.css`).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jax.typing import ArrayLike

from advnet._extras import require

COLORS = {"real": "#7b838b", "fake": "#d2622e"}
_MAX_RANGE = 4  # times the range of the middle 98 % of the values
HEIGHT, SINGLE_HEIGHT = 180, 256  # CSS pixels of a chart in a row, and of one alone
_TICKS = 4  # about so many on an axis
_MARGIN = {"min_border_left": 52, "min_border_right": 12}  # pixels; aligns charts

Limits = tuple[float, float]
"""Lowest and highest value of an axis."""


class Key(NamedTuple):
    """An entry of a chart's legend.

    Attributes:
      side: "real" or "fake", which selects the color.
      shape: "line", "area" or "points".
      label: Name of the entry; may be empty if it is the only one.
      value: Value to print beside the name.
    """

    side: str
    shape: str
    label: str
    value: str = ""


class Chart(NamedTuple):
    """A figure of the page.

    Attributes:
      plot: The Bokeh figure.
      title: Text above the figure.
      alt: Description for readers who do not see the figure.
      keys: The legend.
      notes: Sentence about values that the figure does not show.
    """

    plot: Any
    title: str
    alt: str
    keys: Sequence[Key]
    notes: str = ""


def finite_or_nan(values: ArrayLike) -> np.ndarray:
    """Return float64 values with NaN in place of infinities, which have no place."""
    values = np.asarray(values, np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def limits(values: np.ndarray, *, margin: float = 0.04) -> Limits:
    """Return the limits of an axis for `values`; NaN and rare outliers do not count."""
    finite = np.asarray(values, np.float64)[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    near, far = map(float, np.quantile(finite, (0.01, 0.99)))
    if high - low > _MAX_RANGE * (far - near) > 0:
        low, high = max(low, 2 * near - far), min(high, 2 * far - near)
    extra = margin * (high - low) or 0.5 * abs(low) or 0.5
    return low - extra, high + extra


def count_outside(values: np.ndarray, axis: Limits) -> int:
    """Return how many finite values lie beyond the limits of an axis."""
    finite = values[np.isfinite(values)]
    return int(np.sum((finite < axis[0]) | (finite > axis[1])))


def new_plot(
    x: Limits | Any,
    y: Limits | None,
    *,
    height: int = HEIGHT,
    square: bool = False,
    log: bool = False,
) -> Any:
    """Build an empty Bokeh figure in the style of the page.

    Args:
      x: Limits of the x axis, or the Bokeh range of another figure to share.
      y: Limits of the y axis; None for heights from 0 up, without an axis.
      height: Height in CSS pixels; ignored if `square`.
      square: Whether the height follows the width.
      log: Whether the y axis is logarithmic.

    Returns:
      The figure.
    """
    ranges = require("bokeh.models", "report").Range1d
    plot = require("bokeh.plotting", "report").figure(
        x_range=ranges(*x) if isinstance(x, tuple) else x,
        y_range=ranges(*(y or (0, 1))),
        y_axis_type="log" if log else "linear",
        height=600 if square else height,
        width=600,
        sizing_mode="scale_width" if square else "stretch_width",
        tools=("pan", "box_zoom" if square else "xbox_zoom", "reset", "save"),
        active_drag="box_zoom" if square else "xbox_zoom",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        **_MARGIN,
    )
    if square:  # margins that leave a square, so that a unit is as long in x and in y
        plot.min_border_top, plot.min_border_bottom = 20, 44
    _style(plot, square=square, heights=y is None)
    return plot


def add_tooltip(
    plot: Any,
    renderer: Any,
    template: str,
    *,
    formats: Mapping[str, str] = MappingProxyType({}),
    mode: str = "vline",
) -> None:
    """Show the values of a renderer at the pointer.

    Args:
      plot: The figure.
      renderer: What was drawn.
      template: HTML with `@name{format}` for the value of a column. It may not hold
        text of a report.
      formats: "printf" or "datetime" by column; other columns have numeral formats.
      mode: "vline" for what is at the x of the pointer, "hline" for what is at its y,
        "mouse" for what is at both.
    """
    tool = require("bokeh.models", "report").HoverTool(
        tooltips=template,
        formatters={f"@{name}": kind for name, kind in formats.items()},
        mode=mode,
        renderers=[renderer],
        visible=False,
    )
    plot.add_tools(tool)


def plain_label(text: str, *, length: int = 20) -> str:
    """Return text for an axis: cut to `length`, and not read as a formula."""
    text = text.replace("$$", "$ $").replace("\\", "/")
    return text if len(text) <= length else text[: length - 1] + "…"


def state_source(
    states: Sequence[Mapping[str, np.ndarray]],
    *,
    fixed: Mapping[str, np.ndarray] | None = None,
    group: str = "",
    default: int = -1,
) -> Any:
    """Build a Bokeh data source with several states, of which the page shows one.

    Args:
      states: Columns by name, the same names in each state. Shorter columns are
        filled with NaN, because a Bokeh source has columns of one length.
      fixed: Columns that are the same in every state.
      group: Name of the page's slider that selects the state.
      default: The state to show first.

    Returns:
      A source with the columns of the state to show and, if there are several states,
      a column "name/i" for each state i.
    """
    columns = dict(fixed or {}) | dict(states[default])
    if len(states) > 1:
        for index, state in enumerate(states):
            columns |= {f"{name}/{index}": x for name, x in state.items()}
    length = max(len(x) for x in columns.values())
    columns = {name: _column(x, length) for name, x in columns.items()}
    return require("bokeh.models", "report").ColumnDataSource(columns, tags=[group])


def document_json(charts: Iterable[Chart]) -> str:
    """Return the figures of `charts` as one Bokeh document, safe in a script element.

    Figure i is named "chart-i", as the element that holds it.
    """
    document = require("bokeh.document", "report").Document()
    with document.models.freeze():  # looks for models once, not for every figure
        for index, chart in enumerate(charts):
            chart.plot.name = f"chart-{index}"
            document.add_root(chart.plot)
    text = json.dumps(document.to_json(deferred=False), separators=(",", ":"))
    # Bokeh counts its models in the process; count them in the page instead, so that
    # the same report gives the same page. Text of a report cannot match: its quotes
    # are escaped.
    ids: dict[str, int] = {}
    text = re.sub(
        r'"id":"([^"]*)"',
        lambda match: f'"id":"{ids.setdefault(match[1], len(ids))}"',
        text,
    )
    return text.replace("<", "\\u003c")


def bokeh_script() -> str:
    """Return the source of BokehJS, which draws the figures in the browser."""
    resources = require("bokeh.resources", "report").Resources
    return resources("inline", components=["bokeh"], log_level=None).js_raw[0]


def _style(plot: Any, *, square: bool, heights: bool) -> None:
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
    plot.toolbar.styles = {"background": "none"}
    plot.toolbar_location, plot.toolbar_inner = "above", True
    for axis in plot.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_font_size = "12px"
        axis.ticker.desired_num_ticks = _TICKS
    plot.xgrid.visible = square
    plot.yaxis.visible = plot.ygrid.visible = not heights
    if heights:
        plot.min_border_left = plot.min_border_right


def _column(x: np.ndarray, length: int) -> np.ndarray:
    """Return `x` in float32, which halves the page, filled with NaN to `length`."""
    column = np.full(length, np.nan, np.float32)
    with np.errstate(over="ignore"):
        column[: len(x)] = x
    return column
