"""Standard output and errors that cannot end a command.

A terminal may lack a character, and a reader such as `head` may close the pipe. Results
are written to files all the same.
"""

import io
import os
import sys
import typing
import warnings


def make_output_safe() -> None:
    """Replace characters that a stream cannot encode, and print warnings as a line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = _show_warning


def write_error(message: str) -> None:
    """Write a message to standard error as one line."""
    try:
        sys.stderr.write(f"advnet: {' '.join(message.split())}\n")
        sys.stderr.flush()
    except OSError:  # the terminal is gone
        discard(sys.stderr)


def discard(stream: typing.TextIO) -> None:
    """Send everything that is written to a stream from now on nowhere."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # not a stream of the system
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    write_error(f"warning: {message}")
