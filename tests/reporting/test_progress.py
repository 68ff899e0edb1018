"""The progress bar."""

import io

import pytest

from advnet import reporting


def test_progress_shows_the_steps_their_rate_and_the_time_left(monkeypatch):
    progress = pytest.importorskip("rich.progress")
    console = pytest.importorskip("rich.console").Console(
        file=io.StringIO(), force_terminal=True, width=120
    )
    plain = progress.Progress
    monkeypatch.setattr(
        progress, "Progress", lambda *columns: plain(*columns, console=console)
    )
    with reporting.progress(3) as advance:
        for step in (1, 2, 3):
            advance(step, None, {})
    shown = console.file.getvalue()
    assert "3/3" in shown
    assert "steps/s" in shown
    assert "left" in shown
