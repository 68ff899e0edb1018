"""Bokeh figures: limits, states, and a document that is the same every time."""

import json

import numpy as np
import pytest

from advnet.reporting._charts import (
    Chart,
    bokeh_script,
    document_json,
    limits,
    new_plot,
    state_source,
)
from advnet.reporting._clouds import clouds, paths

pytest.importorskip("bokeh")


def test_limits_leave_out_nan_and_rare_outliers():
    assert limits(np.array([np.nan])) == (0, 1)
    assert limits(np.array([0.0, 10.0]), margin=0.1) == (-1, 11)
    assert limits(np.full(5, 3.0)) == (1.5, 4.5)
    x = np.append(np.linspace(0, 1, 999), 1e6)
    assert limits(x)[1] < 3


def test_a_source_holds_every_state():
    states = [{"x": np.arange(2.0)}, {"x": np.arange(3.0)}]
    data = state_source(states, fixed={"y": np.ones(3)}, group="frame").data
    assert set(data) == {"x", "y", "x/0", "x/1"}
    np.testing.assert_array_equal(data["x/0"], [0, 1, np.nan])
    np.testing.assert_array_equal(data["x"], data["x/1"])
    assert set(state_source(states[:1]).data) == {"x"}


def test_a_document_is_the_same_every_time_and_cannot_end_its_script():
    title = '</script>"id":"p1001"'

    def document():
        plot = new_plot((0, 1), (0, 1))
        plot.title.text = title
        return document_json(
            [Chart(plot, "", "", []), Chart(new_plot((0, 1), None), "", "", [])]
        )

    text = document()
    assert text == document()
    assert "<" not in text
    first, second = json.loads(text)["roots"]
    assert first["attributes"]["title"]["attributes"]["text"] == title
    assert [x["attributes"]["name"] for x in (first, second)] == ["chart-0", "chart-1"]


def test_bokeh_is_the_script_and_nothing_else():
    script = bokeh_script()
    assert "Redistribution and use" in script  # its licence asks for this notice
    assert "\r" not in script  # a browser would change it, and so its hash
    assert "set_log_level(" not in script[-1000:]


def test_clouds_suit_the_dimension():
    rng = np.random.default_rng(0)
    for dimension, num in {1: 1, 2: 1, 3: 3}.items():
        x, data = rng.normal(size=(2, 50, dimension))
        assert len(clouds([x], data)) == len(clouds([x], None)) == num
        assert len(paths(rng.normal(size=(3, 4, dimension)), x, data)) == num
    assert len(clouds([np.zeros((5, 30))], None)) == 16


def test_a_scatter_plot_has_equal_units():
    x = np.random.default_rng(0).normal(size=(50, 2)) * [1, 9]
    (chart,) = clouds([x], None)
    spans = [r.end - r.start for r in (chart.plot.x_range, chart.plot.y_range)]
    assert spans[0] == pytest.approx(spans[1])
    plot = chart.plot
    across = plot.min_border_left + plot.min_border_right
    assert across == plot.min_border_top + plot.min_border_bottom


def test_a_histogram_shows_shares_of_both_sides():
    (chart,) = clouds([np.zeros((4, 1)), np.ones((8, 1))], np.array([[0.0], [np.nan]]))
    data = chart.plot.renderers[0].data_source.data
    assert data["real"].sum() == data["fake"].sum() == data["fake/0"].sum() == 1
    assert data["fake"].argmax() > data["fake/0"].argmax()
    assert "data: mean 0" in chart.alt
