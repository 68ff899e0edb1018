import pytest

from advnet.evaluation import Evaluation, MetricResult, compare
from advnet.reporting import ComparisonPage, write_comparison


def evaluation(value):
    result = MetricResult("recall", value, 0.01, 500, 400, data="3f2a")
    real = result._replace(value=0.9)
    return Evaluation(100, (result,), (real,))


@pytest.fixture
def page():
    metrics = compare({"a <b>": evaluation(0.25), "c": evaluation(0.5)})
    return ComparisonPage(
        metrics,
        options={"loss": {"a <b>": "hinge", "c": None}},
        pictures={"c": b"PNG"},
        scores={"a <b>": [(1, 0.5), (2, 0.75)], "c": []},
    )


def test_the_page_shows_every_part_and_escapes_names(page, tmp_path):
    path = write_comparison(tmp_path / "two.html", page)
    text = path.read_text(encoding="utf-8")
    assert "a &lt;b&gt;" in text
    assert "a <b>" not in text
    assert "0.25 ±\N{NO-BREAK SPACE}0.01" in text
    assert "true data" in text
    assert "data:image/png;base64,UE5H" in text
    assert "hinge" in text
    assert "Best: 0.75 at step 2" in text


def test_a_page_without_scores_loads_no_charts(page, tmp_path):
    path = write_comparison(tmp_path / "two.html", page._replace(scores={}))
    assert 'id="charts"' not in path.read_text(encoding="utf-8")
