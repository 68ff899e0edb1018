"""Pages of tables and of series: charts with names, matrices, windows."""

import json
import re

import numpy as np
import pytest
from reporting.pages import full
from reporting.test_html import Outline

from advnet import reporting
from advnet.reporting import Column
from advnet.reporting._columns import describe_row, marginals

pytest.importorskip("jinja2")
pytest.importorskip("bokeh")

DAY = 86_400e6  # microseconds
COLUMNS = [
    Column("price", step=0.01),
    Column("day", step=DAY, is_date=True),
    Column("city", levels=("Rome", "<b>Oslo</b>", "missing")),
    Column("rooms", step=1.0),
]


def rows(num, seed=0):
    rng = np.random.default_rng(seed)
    price = np.where(rng.random(num) < 0.2, np.nan, rng.gamma(2, 50, num).round(2))
    city = rng.choice(3, num, p=[0.5, 0.3, 0.2])
    day = 18_000 * DAY + DAY * rng.integers(0, 900, num)
    return np.stack([price, day, city, rng.integers(1, 5, num) + city], axis=1)


@pytest.fixture(scope="module")
def table_page():
    pytest.importorskip("pandas")
    x = rows(200)
    report = full(
        (4,),
        samples=x,
        data=rows(300, 1),
        neighbors=x[:4],
        interpolations=x[:12].reshape(3, 4, 4),
        frames=[x[:60], x[60:]],
        frame_steps=[1, 2],
        columns=COLUMNS,
    )
    return reporting.html(report)


@pytest.fixture(scope="module")
def series_page():
    x = np.random.default_rng(0).normal(size=(130, 32, 2))
    report = full(
        (32, 2),
        samples=x,
        data=x[:50],
        neighbors=x[:4],
        channels=["wind", "rain"],
    )
    return reporting.html(report)


def charts_of(page):
    return re.findall(r"<figcaption>\s*<strong>(.*?)</strong>", page)


def test_columns_are_named_and_compared(table_page):
    names = ["price", "day", "city", "rooms"]
    assert charts_of(table_page)[:4] == names
    text = re.sub("<script.*?</script>", "", table_page, flags=re.S)
    assert "Missing: " in text
    assert "% of the data and " in text
    assert "&lt;b&gt;Oslo&lt;/b&gt;: data " in text
    assert "The largest difference is that of " in text
    assert "4 of 4" in text  # a copy has all values equal
    assert "data: 2019-04-" in text


def test_series_show_windows_correlations_and_spectra(series_page):
    titles = charts_of(series_page)
    for channel in ("wind", "rain"):
        for what in ("data", "samples", "autocorrelation", "share of the power"):
            assert f"{channel}, {what}" in titles
    assert "column 0" not in series_page


@pytest.mark.parametrize("name", ["table_page", "series_page"])
def test_markup_of_pages_with_names_is_sound(name, request):
    page = request.getfixturevalue(name)
    outline = Outline(page)
    elements = {x["id"] for x in outline.all("div") if x.get("class") == "plot"}
    (document,) = [text for _, text in outline.texts if '"roots"' in text[:2000]]
    roots = json.loads(document)["roots"]
    assert {root["attributes"]["name"] for root in roots} == elements
    assert {link["href"][1:] for link in outline.all("a")} <= {
        attrs["id"] for _, attrs in outline.elements if "id" in attrs
    }


def test_bins_lie_between_the_values_of_a_grid():
    x = rows(500)
    chart = marginals(COLUMNS, [x], None)[3]
    source = chart.plot.renderers[0].data_source.data
    np.testing.assert_allclose(source["left"] % 1, 0.5)
    shares = np.bincount(x[:, 3].astype(int))[1:] / 500
    found = source["fake"][source["fake"] > 0]
    np.testing.assert_allclose(found, shares[shares > 0], rtol=1e-6)


def test_rare_levels_share_a_bar():
    column = Column("c", levels=[f"level {i}" for i in range(30)])
    x = np.arange(30.0).repeat(2)[:, None]
    (chart,) = marginals([column], [x], x)
    source = chart.plot.renderers[0].data_source.data
    assert len(source["fake"]) == 12
    assert source["fake"][-1] == pytest.approx(19 / 30)
    assert "19 others" in chart.alt


def test_rows_as_text():
    row = np.array([1234.5, 18_000 * DAY, 1, 2])
    assert describe_row(COLUMNS, row) == (
        "price 1,234.50, day 2019-04-14, city <b>Oslo</b>, rooms 2"
    )
    assert describe_row(COLUMNS[:1], np.array([np.nan])) == "price missing"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": COLUMNS}, r"samples \[n, 4\] for as many columns"),
        ({"channels": ["a"]}, r"samples \[n, t, 1\] for as many channels"),
    ],
)
def test_names_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        reporting.html(reporting.Report("x", {}, {}, np.zeros((5, 2)), **changes))
