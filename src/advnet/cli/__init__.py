"""The command line, such as `advnet train mnist`.

An error prints one line. With ADVNET_TRACEBACK set it prints the traceback.
"""

import os
import sys

from advnet._extras import require
from advnet.training import NotFinite

__all__ = ["main"]


def main() -> None:
    """Run the `advnet` command."""
    try:
        tyro = require("tyro", "cli")
        from advnet.cli._commands import COMMANDS  # needs tyro

        options = tyro.extras.subcommand_cli_from_dict(
            {name: command.options for name, command in COMMANDS.items()},
            prog="advnet",
            config=(tyro.conf.PositionalRequiredArgs,),
        )
        run = {command.options: command.run for command in COMMANDS.values()}
        sys.exit(run[type(options)](options))
    except NotFinite as error:
        sys.stderr.write(f"advnet: {error}\n")
        sys.exit(3)
    # Missing extras, bad files and folders, bad values.
    except (ImportError, OSError, ValueError, KeyError, FloatingPointError) as error:
        if "ADVNET_TRACEBACK" in os.environ:
            raise
        message = error.args[0] if isinstance(error, KeyError) else error
        sys.stderr.write(f"advnet: {message}\n")
        sys.exit(2)
