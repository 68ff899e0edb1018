"""The command line, in this process and in its own."""

import os
import subprocess
import sys

import jax

from advnet import cli

# Exit codes, as documented.
BAD, NOT_FINITE, INTERRUPTED = 2, 3, 75
ADVNET = [sys.executable, "-c", "from advnet.cli import main; main()"]


def call(monkeypatch, capsys, *arguments):
    """Runs `advnet ARGUMENTS` here; its exit code, and what it printed."""
    monkeypatch.setattr(sys, "argv", ["advnet", *map(str, arguments)])
    code = 0
    with jax.numpy_dtype_promotion("standard"):  # optax.adam promotes its counters
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
    printed = capsys.readouterr()
    return code or 0, printed.out, printed.err


def start(*arguments, cwd):
    """Starts `advnet ARGUMENTS` in a process of its own."""
    return subprocess.Popen(
        [*ADVNET, *map(str, arguments)],
        cwd=cwd,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
