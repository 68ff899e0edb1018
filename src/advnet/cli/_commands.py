"""Every command: what it can be told, and what runs it."""

from collections.abc import Callable
from typing import Any

from advnet.cli._evaluate import Evaluate, evaluate
from advnet.cli._options import Fit, Train
from advnet.cli._report import Page, Recipes, list_recipes, report
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

COMMANDS: dict[str, tuple[type, Callable[[Any], int]]] = {
    "train": (Train, train),
    "fit": (Fit, train),
    "resume": (Resume, resume),
    "evaluate": (Evaluate, evaluate),
    "sample": (Sample, sample),
    "interpolate": (Interpolate, interpolate),
    "report": (Page, report),
    "recipes": (Recipes, list_recipes),
    "export": (Export, export),
    "reproduce": (Reproduce, reproduce),
}
