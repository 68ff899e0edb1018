"""Several runs side by side as one HTML page that loads nothing else."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from advnet._files import write_text
from advnet.evaluation import Comparison
from advnet.reporting._charts import bokeh_script, document_json, limits
from advnet.reporting._scores import Scores, draw_scores
from advnet.reporting._tables import format_cell
from advnet.reporting._template import hash_script, page_script, template


class ComparisonPage(NamedTuple):
    """Contents of the page that compares runs.

    Attributes:
      metrics: The metrics of all runs.
      options: Options whose values differ, each with its value by run.
      pictures: PNG files of samples by run.
      scores: Pairs (step, score) by run.
    """

    metrics: Comparison
    options: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    pictures: Mapping[str, bytes] = MappingProxyType({})
    scores: Mapping[str, Scores] = MappingProxyType({})


def write_comparison(path: str | os.PathLike, page: ComparisonPage) -> Path:
    """Write a comparison of runs as one HTML page, completely or not at all.

    Args:
      path: The file; its folder must exist.
      page: Contents of the page.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[report]"`.

    Examples:
      >>> from advnet.evaluation import Evaluation, MetricResult, compare
      >>> results = (MetricResult("recall", 0.5, 0.01, 500, 500, data="3f2a"),)
      >>> runs = {name: Evaluation(100, results) for name in ("a", "b")}
      >>> page = ComparisonPage(compare(runs))
      >>> write_comparison(pathlib.Path(tempfile.mkdtemp()) / "two.html", page).name
      'two.html'
    """
    values = [score for scores in page.scores.values() for _, score in scores]
    axis = limits(np.array(values, np.float64))
    charts = {
        name: draw_scores(scores, title=name, axis=axis)
        for name, scores in page.scores.items()
    }
    charts = {name: chart for name, chart in charts.items() if chart is not None}
    scripts = [bokeh_script()] if charts else []
    scripts.append(page_script())
    columns = page.metrics.columns
    rows = [
        (row, [format_cell(row.results.get(name)) for name in columns])
        for row in page.metrics.rows
    ]
    pictures = {
        name: "data:image/png;base64," + base64.b64encode(png).decode()
        for name, png in page.pictures.items()
    }
    text = template("comparison.html.jinja").render(
        page=page,
        columns=columns,
        rows=rows,
        pictures=pictures,
        charts=[*charts.values()],
        document=document_json(charts.values()) if charts else "",
        scripts=scripts,
        script_hashes=[hash_script(script) for script in scripts],
    )
    return write_text(path, text)
