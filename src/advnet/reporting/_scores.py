"""The score on validation data as a chart."""

from collections.abc import Sequence

import numpy as np

from advnet._extras import require
from advnet.reporting._charts import (
    COLORS,
    Chart,
    Key,
    Limits,
    add_tooltip,
    finite_or_nan,
    limits,
    new_plot,
    state_source,
)
from advnet.reporting._words import count, number

Scores = Sequence[tuple[int, float]]
"""Pairs (step, score); larger is better."""


def draw_scores(
    scores: Scores,
    *,
    title: str = "Score on validation data",
    axis: Limits | None = None,
) -> Chart | None:
    """Draw scores by training step; return None if there are none.

    Args:
      scores: Pairs (step, score).
      title: Text above the chart.
      axis: Limits of the axis of scores; by default those of the scores.
    """
    if not scores:
        return None
    steps, values = finite_or_nan(np.array(scores, np.float64)).T
    plot = new_plot(limits(steps, margin=0.02), axis or limits(values))
    plot.xaxis.formatter = require("bokeh.models", "report").NumeralTickFormatter(
        format="0,0"
    )
    source = state_source([{"step": steps, "score": values}])
    line = plot.line("step", "score", source=source, line_color=COLORS["fake"])
    line.glyph.update(line_width=1.75, line_join="round")
    plot.scatter("step", "score", source=source, size=5, color=COLORS["fake"])
    add_tooltip(
        plot,
        line,
        "step @step{0,0}<br>score @score{%.4g}",
        formats={"score": "printf"},
    )
    best = _describe_best(steps, values)
    alt = f"{title}, {count(len(steps), 'score')}. {best}"
    return Chart(plot, title, alt, [Key("fake", "line", "")], best)


def _describe_best(steps: np.ndarray, values: np.ndarray) -> str:
    if np.isnan(values).all():
        return "No score is finite."
    index = int(np.nanargmax(values))
    score, last = number(float(values[index])), number(float(values[-1]))
    text = f"Larger is better. Best: {score} at step {number(float(steps[index]))}"
    return f"{text}; last: {last}." if index < len(steps) - 1 else f"{text}, the last."
