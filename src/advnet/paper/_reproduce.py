import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from advnet.paper._ablation import ablation
from advnet.paper._figure1 import figure1
from advnet.paper._figures import figure2, figure3
from advnet.paper._result import Result, write_result
from advnet.paper._settings import Settings
from advnet.paper._table1 import table1


class ResultSpec(NamedTuple):
    """One row of the table of results.

    Attributes:
      make: `make(settings) -> Result`.
      settings: Names of the settings it takes beside `result`, `scale` and `out`.
    """

    make: Callable[[Settings], Result]
    settings: tuple[str, ...]


_TRAINING = ("era", "updates", "k")

RESULTS: dict[str, ResultSpec] = {
    "table1": ResultSpec(table1, ("mnist", "faces", "seeds", *_TRAINING)),
    "figure1": ResultSpec(figure1, ("seeds",)),
    "figure2a": ResultSpec(figure2, ("mnist", *_TRAINING)),
    "figure2b": ResultSpec(figure2, ("faces", *_TRAINING)),
    "figure2c": ResultSpec(figure2, ("cifar10", *_TRAINING)),
    "figure2d": ResultSpec(figure2, ("cifar10", *_TRAINING)),
    "figure3": ResultSpec(figure3, ("mnist", *_TRAINING)),
    "ablation": ResultSpec(ablation, ("mnist", "seeds")),
}
"""The reproduced results by name."""


class Reproduction(NamedTuple):
    """A result and the files it was written to."""

    result: Result
    paths: list[Path]


def reproduce(settings: Settings) -> Reproduction:
    """Compute a table or figure of the paper, and write it with its numbers.

    Training runs are kept in the folder `settings.out`; a run that is interrupted
    resumes, and a finished run is not repeated.

    Args:
      settings: The result, its scale and its data.

    Returns:
      The result and the files written.

    Raises:
      Unfinished: If a training run was stopped before its end.
      ValueError: If a setting does not belong to the result.

    Examples:
      The command `advnet reproduce figure1` is `reproduce(Settings(result="figure1"))`.

      >>> reproduce(Settings(result="figure1", k=2))
      Traceback (most recent call last):
      ValueError: figure1 has no --k: leave it out.

    References:
      Goodfellow et al. 2014, section 5.
    """
    start, spec = time.monotonic(), RESULTS[settings.result]
    _check_settings(settings, {"result", "scale", "out", *spec.settings})
    result = spec.make(settings)
    return Reproduction(result, write_result(settings, result, start))


def _check_settings(settings: Settings, allowed: set[str]) -> None:
    """Raise if a setting would change nothing."""
    for field in fields(settings):
        is_set = getattr(settings, field.name) != field.default
        if is_set and field.name not in allowed:
            raise ValueError(f"{settings.result} has no --{field.name}: leave it out.")
