"""The command line as a function."""

import pytest


@pytest.fixture
def advnet(monkeypatch, capsys):
    """`advnet(*arguments)` in this process: exit code, output, errors."""
    from cli.running import call

    return lambda *arguments: call(monkeypatch, capsys, *arguments)
