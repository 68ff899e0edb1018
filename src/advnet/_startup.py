"""Ctrl-C while the command line is being imported, which takes seconds.

An exception in the import of a compiled module becomes an ImportError with a traceback.
The process therefore ends in the handler of the signal: nothing has been written yet.
"""

import contextlib
import os
import signal
import sys

EXIT_KEYBOARD = 130  # 128 + SIGINT, as shells have it
INTERRUPTED = "interrupted; the same command resumes."


def handle_interrupts_as_usual() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again, after the imports."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: object) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone
        os.write(2, f"advnet: {INTERRUPTED}\n".encode())
    os._exit(EXIT_KEYBOARD)


def _is_command() -> bool:
    """Return whether this process runs `advnet` or `python -m advnet`."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    is_module = name == "-m" and "advnet" in sys.orig_argv  # found, but not yet run
    return is_module or name in ("advnet", "advnet.exe")


# A handler that the user has chosen, or an ignored signal, stays.
if _is_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)
