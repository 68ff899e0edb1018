"""Metrics as charts: gaps, outliers, thinning, smoothing."""

import numpy as np
import pytest

from advnet.reporting._curves import curves, smoothed

pytest.importorskip("bokeh")


def chart_of(metrics):
    (chart,) = curves(metrics).players["g"]
    return chart


def recorded(metrics):
    """Columns of the faint line, which shows the rows as recorded."""
    return chart_of(metrics).plot.renderers[0].data_source.data


def smooth(metrics):
    """Columns of the full line, by level of smoothing."""
    return chart_of(metrics).plot.renderers[1].data_source.data


def test_real_and_fake_columns_share_a_chart():
    names = ["fake_logit", "real_logit", "mean_logit", "real_only", "loss"]
    names += ["r1", "real_r1", "fake_r1"]  # a chart "r1" is there already
    result = curves(
        {"step": np.arange(5)} | {f"d/{name}": np.ones(5) for name in names}
    )
    assert list(result.players) == ["d"]
    keys = {x.title: [key.label for key in x.keys] for x in result.players["d"]}
    assert keys.pop("logit") == ["real", "fake"]
    singles = ["loss", "mean logit", "real only", "r1", "real r1", "fake r1"]
    assert list(keys) == singles
    assert all(labels == [""] for labels in keys.values())


def test_zooming_in_one_chart_zooms_in_all():
    result = curves({"step": np.arange(5), "a/loss": np.ones(5), "b/loss": np.ones(5)})
    ranges = {id(charts[0].plot.x_range) for charts in result.players.values()}
    assert len(ranges) == 1


def test_missing_values_are_gaps():
    broken = {"step": np.arange(5), "g/loss": [1.0, np.nan, 2.0, 3.0, -np.inf]}
    values = recorded(broken)["value"]
    np.testing.assert_array_equal(values, [1, np.nan, 2, 3, np.nan])
    assert "2 values not finite" in chart_of(broken).notes
    lone = chart_of(broken).plot.renderers[-1].data_source.data
    assert lone["value"].tolist() == [1]  # a line through one point is not visible
    never = chart_of({"step": [1], "g/loss": [np.nan]})
    assert "is never finite" in never.alt
    assert "nan" not in f"{never.alt} {never.keys} {never.notes}".lower()


def test_outliers_do_not_flatten_the_rest():
    norm = np.linspace(1, 2, 200)
    norm[7] = 1e300  # beyond float32
    outlier = {"step": np.arange(200), "g/gradient_norm": norm}
    chart = chart_of(outlier)
    assert "1 value beyond the axis, not in the means" in chart.notes
    assert 2 <= chart.plot.y_range.end < 4
    assert recorded(outlier)["value"][7] == np.inf
    assert np.nanmax(smooth(outlier)["fake"]) < 2
    assert chart.keys[0].value == "1.99"


def test_wide_gradient_norms_get_a_logarithmic_scale():
    norms = {"step": np.arange(200), "g/gradient_norm": np.geomspace(1e-4, 1, 200)}
    chart = chart_of(norms)
    assert chart.notes == "On a logarithmic scale."
    assert type(chart.plot.y_scale).__name__ == "LogScale"
    assert 1e-5 < chart.plot.y_range.start < 1e-4


def test_long_runs_are_thinned_and_keep_their_extremes():
    loss = np.zeros(20_000)
    loss[::400] = 1.0
    values = recorded({"step": np.arange(20_000), "g/loss": loss})["value"]
    assert 200 < len(values) <= 1000
    assert (values.min(), values.max()) == (0, 1)


def test_a_step_written_twice_counts_once():
    twice = {"step": np.array([1, 2, 3, 2, 3]), "g/loss": np.array([1, 2, 3, 8, 9])}
    assert recorded(twice)["step"].tolist() == [1, 2, 3]
    assert recorded(twice)["value"].tolist() == [1, 8, 9]


def test_smoothing_is_a_mean_of_neighbors():
    y = np.array([1.0, 2.0, np.nan, 4.0, 9.0])
    np.testing.assert_array_equal(smoothed(y, 0), y)
    np.testing.assert_allclose(smoothed(y, 1), [1.5, 1.5, np.nan, 6.5, 6.5])
    np.testing.assert_allclose(smoothed(y, 9), [4, 4, np.nan, 4, 4])


def test_the_slider_has_a_level_for_each_label():
    y = np.sin(np.arange(300))
    metrics = {"step": 10 * np.arange(300), "g/loss": y}
    result, columns = curves(metrics), smooth(metrics)
    assert result.labels[0] == "10 steps"
    assert result.labels[result.default] == "130 steps"
    for level, half in enumerate((0, 2, 3, 6, 15, 30)):
        np.testing.assert_allclose(
            columns[f"fake/{level}"], smoothed(y, half), rtol=1e-5, atol=1e-6
        )
    np.testing.assert_array_equal(columns["fake"], columns[f"fake/{result.default}"])
    assert len(result.labels) == 6
    assert curves({"step": [7], "g/loss": [1.0]}).labels == ["1 step"]
