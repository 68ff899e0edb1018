import time

from advnet._extras import require
from advnet.cli._reproduce._ablation import ablation
from advnet.cli._reproduce._figure1 import figure1
from advnet.cli._reproduce._figures import figure2, figure3
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import write
from advnet.cli._reproduce._runs import Unfinished
from advnet.cli._reproduce._table1 import table1
from advnet.cli._train import EXIT_INTERRUPTED

_RESULTS = {
    "table1": table1,
    "figure1": figure1,
    "figure2a": figure2,
    "figure2b": figure2,
    "figure2c": figure2,
    "figure2d": figure2,
    "figure3": figure3,
    "ablation": ablation,
}


def reproduce(options: Reproduce) -> int:
    """Runs `advnet reproduce`."""
    console, began = require("rich.console", "cli").Console(), time.monotonic()
    try:
        result = _RESULTS[options.result](options)
    except Unfinished as stopped:
        console.print(str(stopped), highlight=False)
        return EXIT_INTERRUPTED
    if result.text is not None:
        console.print(result.text, highlight=False, soft_wrap=True)
    for path in write(options, result, began):
        console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    return 0
