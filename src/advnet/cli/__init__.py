"""The command line, such as `advnet train mnist`.

An error prints one line. With ADVNET_TRACEBACK set it prints the traceback.
"""

import os
import sys

import jax

from advnet._extras import require
from advnet._startup import EXIT_KEYBOARD, INTERRUPTED, handle_interrupts_as_usual
from advnet.cli._output import make_output_safe, write_error
from advnet.training import NotFinite

__all__ = ["main"]

# Missing extras, bad files and folders, bad values.
EXPECTED_ERRORS = (ImportError, OSError, ValueError, KeyError, FloatingPointError)


def main() -> None:
    """Run the `advnet` command."""
    make_output_safe()
    try:
        tyro = require("tyro", "cli")
        from advnet.cli._commands import COMMANDS  # needs tyro

        options = tyro.extras.subcommand_cli_from_dict(
            {name: command.options for name, command in COMMANDS.items()},
            prog="advnet",
            config=(tyro.conf.PositionalRequiredArgs,),
        )
        run = {command.options: command.run for command in COMMANDS.values()}
        handle_interrupts_as_usual()
        sys.exit(run[type(options)](options))
    except NotFinite as error:
        write_error(str(error))
        sys.exit(3)
    except KeyboardInterrupt:
        write_error(INTERRUPTED)
        sys.exit(EXIT_KEYBOARD)
    except EXPECTED_ERRORS as error:
        if isinstance(error, ImportError) and _is_interrupt(error):
            write_error(INTERRUPTED)
            sys.exit(EXIT_KEYBOARD)
        if "ADVNET_TRACEBACK" in os.environ:
            raise
        write_error(str(error.args[0] if isinstance(error, KeyError) else error))
        sys.exit(2)
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        is_memory = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)
        if "ADVNET_TRACEBACK" in os.environ or not is_memory:
            raise
        write_error(
            f"the memory does not suffice ({str(error).splitlines()[:1]}). Use fewer "
            "examples, samples or steps-per-call."
        )
        sys.exit(2)


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl-C caused an error, as in the import of a compiled module."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
