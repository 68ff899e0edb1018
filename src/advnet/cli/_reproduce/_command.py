import time
from dataclasses import fields

from advnet._extras import require
from advnet.cli._reproduce._ablation import ablation
from advnet.cli._reproduce._figure1 import figure1
from advnet.cli._reproduce._figures import figure2, figure3
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import write
from advnet.cli._reproduce._runs import Unfinished
from advnet.cli._reproduce._table1 import table1
from advnet.cli._train import EXIT_INTERRUPTED

_TRAINING = ("era", "updates", "k")
# Who makes each result, and the options it takes beside --scale and --out.
_RESULTS = {
    "table1": (table1, ("mnist", "faces", "seeds", *_TRAINING)),
    "figure1": (figure1, ()),
    "figure2a": (figure2, ("mnist", *_TRAINING)),
    "figure2b": (figure2, ("faces", *_TRAINING)),
    "figure2c": (figure2, ("cifar10", *_TRAINING)),
    "figure2d": (figure2, ("cifar10", *_TRAINING)),
    "figure3": (figure3, ("mnist", *_TRAINING)),
    "ablation": (ablation, ("mnist", "seeds")),
}


def reproduce(options: Reproduce) -> int:
    """Runs `advnet reproduce`."""
    console, began = require("rich.console", "cli").Console(), time.monotonic()
    make, taken = _RESULTS[options.result]
    _no_others(options, {"result", "scale", "out", *taken})
    try:
        result = make(options)
    except Unfinished as stopped:
        console.print(str(stopped), highlight=False)
        return EXIT_INTERRUPTED
    if result.text is not None:
        console.print(result.text, highlight=False, soft_wrap=True)
    for path in write(options, result, began):
        console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    return 0


def _no_others(options: Reproduce, taken: set[str]) -> None:
    """Refuses options that would change nothing."""
    for field in fields(options):
        given = getattr(options, field.name) != field.default
        if given and field.name not in taken:
            raise ValueError(f"{options.result} has no --{field.name}: leave it out.")
