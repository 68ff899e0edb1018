"""The table of commands: the options of each, and the function that runs it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from advnet.cli._compare import Compare, compare
from advnet.cli._evaluate import Evaluate, evaluate
from advnet.cli._invert import Invert, invert
from advnet.cli._options import Fit, Train
from advnet.cli._report import Recipes, Report, list_recipes, report
from advnet.cli._reproduce import Reproduce, reproduce
from advnet.cli._sample import (
    Export,
    Interpolate,
    Sample,
    export,
    interpolate,
    sample,
)
from advnet.cli._train import Resume, resume, train


class Command(NamedTuple):
    """One row of the table of commands.

    Attributes:
      options: The dataclass of its options.
      run: Function of the options that returns the exit code.
    """

    options: type
    run: Callable[[Any], int]


COMMANDS: dict[str, Command] = {
    "train": Command(Train, train),
    "fit": Command(Fit, train),
    "resume": Command(Resume, resume),
    "evaluate": Command(Evaluate, evaluate),
    "compare": Command(Compare, compare),
    "sample": Command(Sample, sample),
    "interpolate": Command(Interpolate, interpolate),
    "invert": Command(Invert, invert),
    "report": Command(Report, report),
    "recipes": Command(Recipes, list_recipes),
    "export": Command(Export, export),
    "reproduce": Command(Reproduce, reproduce),
}
