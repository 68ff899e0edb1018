"""The command line, in this process and in its own."""

import os
import subprocess
import sys

import jax

from advnet import cli

# Exit codes, as documented.
BAD, NOT_FINITE, INTERRUPTED = 2, 3, 75
# A program started with nohup or `&` ignores signals, and its children do too.
PROGRAM = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from advnet.cli import main
main()
"""
ADVNET = [sys.executable, "-c", PROGRAM]


def call(monkeypatch, capsys, *arguments):
    """Run `advnet ARGUMENTS` in this process; return exit code, output and errors."""
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
    """Start `advnet ARGUMENTS` in a new process."""
    return subprocess.Popen(
        [*ADVNET, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"XLA_FLAGS": "--xla_backend_optimization_level=0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
