"""Ctrl-C before the command has started."""

import os
import signal
import subprocess
import sys

import pytest

from advnet.cli import _commands

LINE = "advnet: interrupted; the same command resumes.\n"
# A dependency whose import is interrupted, as the import of a compiled module would be.
INTERRUPTED_IMPORT = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt as error:
    raise ImportError("not initialized") from error
"""


@pytest.fixture(autouse=True)
def _interrupts_are_not_ignored():
    """Shells let the programs that they start with `&` ignore interrupts."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture
def environment(tmp_path):
    """An environment in which the import of jax is interrupted."""
    (tmp_path / "modules" / "jax").mkdir(parents=True)
    (tmp_path / "modules" / "jax" / "__init__.py").write_text(INTERRUPTED_IMPORT)
    return os.environ | {"PYTHONPATH": str(tmp_path / "modules")}


@pytest.mark.parametrize("name", ["-m", "advnet"])
def test_an_interrupt_in_the_imports_is_one_line(tmp_path, environment, name):
    script = tmp_path / name
    script.write_text("from advnet.cli import main; main()")  # as pip writes it
    command = ["-m", "advnet"] if name == "-m" else [script]
    process = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True
    )
    assert process.stderr == LINE
    assert process.returncode == 130


def test_other_programs_keep_their_handler(tmp_path, environment):
    process = subprocess.run(
        [sys.executable, "-c", "import advnet"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "ImportError: not initialized" in process.stderr
    assert process.returncode == 1


def test_an_interrupted_import_of_a_command_is_one_line(advnet, monkeypatch):
    def run(options):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("not initialized") from error

    command = _commands.COMMANDS["recipes"]._replace(run=run)
    monkeypatch.setitem(_commands.COMMANDS, "recipes", command)
    assert advnet("recipes") == (130, "", LINE)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
