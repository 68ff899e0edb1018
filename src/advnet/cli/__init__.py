"""The command line: `advnet train mnist`.

Errors end with one line; where ADVNET_TRACEBACK is set, with all of it.
"""

import os
import sys

from advnet._extras import require
from advnet.training import NotFinite


def main() -> None:
    """The entry point of the `advnet` command."""
    try:
        tyro = require("tyro", "cli")
        from advnet.cli._commands import COMMANDS  # needs tyro

        options = tyro.extras.subcommand_cli_from_dict(
            {name: kind for name, (kind, _) in COMMANDS.items()},
            prog="advnet",
            config=(tyro.conf.PositionalRequiredArgs,),
        )
        sys.exit(dict(COMMANDS.values())[type(options)](options))
    except NotFinite as error:
        sys.stderr.write(f"advnet: {error}\n")
        sys.exit(3)
    # Missing extras, bad files and folders, bad values.
    except (ImportError, OSError, ValueError, KeyError, FloatingPointError) as error:
        if "ADVNET_TRACEBACK" in os.environ:
            raise
        said = error.args[0] if isinstance(error, KeyError) else error
        sys.stderr.write(f"advnet: {said}\n")
        sys.exit(2)
