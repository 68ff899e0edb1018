import math

from advnet.reporting._scores import draw_scores

SCORES = [(100, -3.0), (200, -1.0), (300, -2.0)]


def test_the_best_and_the_last_score_are_in_words():
    chart = draw_scores(SCORES)
    assert chart.notes == "Larger is better. Best: −1 at step 200; last: −2."
    assert "3 scores" in chart.alt
    assert draw_scores(SCORES[:2]).notes.endswith("at step 200, the last.")


def test_scores_that_are_not_finite_are_left_out():
    assert "Best: −1" in draw_scores([*SCORES, (400, math.nan)]).notes
    assert draw_scores([(1, math.nan)]).notes == "No score is finite."
    assert draw_scores([]) is None


def test_charts_of_several_runs_share_an_axis():
    chart = draw_scores(SCORES, title="a", axis=(-10.0, 0.0))
    assert chart.title == "a"
    assert (chart.plot.y_range.start, chart.plot.y_range.end) == (-10.0, 0.0)
