"""Dependence of every two columns of a table, as matrices."""

from collections.abc import Sequence

import numpy as np

from advnet._extras import require
from advnet.evaluation import tables
from advnet.reporting._charts import (
    COLORS,
    Chart,
    Key,
    add_tooltip,
    new_plot,
    plain_label,
)
from advnet.reporting._clouds import NAMES
from advnet.reporting._columns import MAX_CHARTS, Column
from advnet.reporting._words import count, sentence

_PIXELS_PER_ROW, _PIXELS_BELOW = 26, 110


def dependence(
    columns: Sequence[Column], samples: np.ndarray, data: np.ndarray
) -> tuple[list[Chart], str]:
    """Draw the dependence of every two columns, of data beside samples.

    Returns:
      Two matrices, and a sentence on the pair with the largest difference.
    """
    columns = columns[:MAX_CHARTS]
    kinds = {i: "category" if c.levels else "continuous" for i, c in enumerate(columns)}
    matrices = [
        tables.dependence(x[:, : len(columns)], kinds=kinds) for x in (data, samples)
    ]
    charts = [
        _matrix(columns, values, side)
        for side, values in zip(("real", "fake"), matrices, strict=True)
    ]
    return charts, _largest_difference(columns, *matrices)


def _matrix(columns: Sequence[Column], values: np.ndarray, side: str) -> Chart:
    num = len(columns)
    plot = new_plot(
        (0.0, float(num)),
        (0.0, float(num)),
        height=_PIXELS_BELOW + _PIXELS_PER_ROW * num,
    )
    i, j = (x.ravel() for x in np.indices(values.shape))
    strength = np.nan_to_num(values.ravel())
    source = require("bokeh.models", "report").ColumnDataSource(
        {
            "x": (j + 0.5).tolist(),
            "y": (num - i - 0.5).tolist(),
            "row": [columns[int(k)].name for k in i],
            "column": [columns[int(k)].name for k in j],
            "value": [_dependence_text(value) for value in values.ravel()],
            "color": [COLORS["fake" if value > 0 else "real"] for value in strength],
            "alpha": np.abs(strength).round(3).tolist(),
        }
    )
    cells = plot.rect(
        x="x",
        y="y",
        width=0.96,
        height=0.96,
        fill_color="color",
        fill_alpha="alpha",
        line_color=None,
        source=source,
    )
    add_tooltip(plot, cells, "@row, @column: @value", mode="mouse")
    names = [plain_label(column.name) for column in columns]
    for axis, order in ((plot.xaxis, names), (plot.yaxis, names[::-1])):
        axis.ticker = [k + 0.5 for k in range(num)]
        axis.major_label_overrides = {k + 0.5: name for k, name in enumerate(order)}
    plot.xaxis.major_label_orientation = "vertical"
    plot.grid.visible = False
    alt = sentence(
        [f"dependence of {count(num, 'column')} in the {NAMES[side]}"]
        + _strongest(columns, values)
    )
    keys = [Key("fake", "area", "positive"), Key("real", "area", "negative")]
    return Chart(plot, NAMES[side], alt, keys)


def _dependence_text(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.2f}".replace("-", "−")


def _pairs(values: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs with a value, by decreasing strength."""
    i, j = np.triu_indices(len(values), 1)
    defined = ~np.isnan(values[i, j])
    i, j = i[defined], j[defined]
    order = np.argsort(-np.abs(values[i, j]), kind="stable")
    return [(int(i[k]), int(j[k])) for k in order]


def _strongest(columns: Sequence[Column], values: np.ndarray) -> list[str]:
    return [
        f"{columns[i].name} and {columns[j].name} {_dependence_text(values[i, j])}"
        for i, j in _pairs(values)[:5]
    ]


def _largest_difference(
    columns: Sequence[Column], real: np.ndarray, fake: np.ndarray
) -> str:
    pairs = _pairs(real - fake)
    if not pairs:
        return ""
    i, j = pairs[0]
    texts = [_dependence_text(values[i, j]) for values in (real, fake)]
    return (
        f"The largest difference is that of {columns[i].name} and {columns[j].name}: "
        f"{texts[0]} in the data, {texts[1]} in the samples."
    )
