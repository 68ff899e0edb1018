"""Several runs side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advnet import evaluation, reporting
from advnet._files import make_parent
from advnet.runs._folder import RunFolder

_PLACES = ("run",)  # options that say where a run lies, not what it is


class RunComparison(NamedTuple):
    """Evaluated runs side by side; `print` shows options, verdicts and metrics.

    Attributes:
      folders: The files of each run, by its name.
      options: Options whose values differ, each with its value by run.
      metrics: The metrics of all runs.
    """

    folders: dict[str, RunFolder]
    options: dict[str, dict[str, Any]]
    metrics: evaluation.Comparison

    def __str__(self) -> str:
        """Return the options that differ, then the verdicts and the metrics."""
        lines = [
            f"{option}: {', '.join(f'{run} {value}' for run, value in values.items())}"
            for option, values in self.options.items()
        ]
        return "\n".join([*lines, str(self.metrics)])

    def report(self, path: str | Path) -> Path:
        """Write the comparison as one HTML page; return its path."""
        pictures = {
            name: folder.picture.read_bytes()
            for name, folder in self.folders.items()
            if folder.picture.exists()
        }
        page = reporting.ComparisonPage(
            metrics=self.metrics,
            options=self.options,
            pictures=pictures,
            scores={name: f.read_scores() for name, f in self.folders.items()},
        )
        return reporting.write_comparison(make_parent(path), page)


def compare(folders: Sequence[str | Path]) -> RunComparison:
    """Set evaluated runs side by side.

    Args:
      folders: Run folders, at least two.

    Returns:
      The options that differ, the verdicts and the metrics of the runs.

    Raises:
      FileNotFoundError: If a folder holds no run, or a run is not evaluated.
      ValueError: If there are fewer than two runs, or their numbers are not comparable.

    Examples:
      >>> runs.compare(["runs/a", "runs/b"])  # doctest: +SKIP
    """
    by_name = _name_folders([Path(folder) for folder in folders])
    evaluations = {}
    for name, folder in by_name.items():
        folder.read_record()  # raises if the folder holds no run
        result = folder.read_evaluation()
        if result is None:
            raise FileNotFoundError(
                f"{folder.path} is not evaluated. Evaluate it: advnet evaluate "
                f"{folder.path}"
            )
        evaluations[name] = result
    metrics = evaluation.compare(evaluations)
    return RunComparison(by_name, _differing_options(by_name), metrics)


def _name_folders(paths: list[Path]) -> dict[str, RunFolder]:
    """Return folders by their names, or by their paths where two names are equal."""
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise ValueError(
            f"Expected different runs, got {names}. Name each folder once."
        )
    return {name: RunFolder(path) for name, path in zip(names, paths, strict=True)}


def _differing_options(folders: dict[str, RunFolder]) -> dict[str, dict[str, Any]]:
    configs = {name: folder.read_record().config for name, folder in folders.items()}
    options = dict.fromkeys(key for config in configs.values() for key in config)
    values = {
        option: {name: config.get(option) for name, config in configs.items()}
        for option in options
        if option not in _PLACES
    }
    return {
        option: by_run
        for option, by_run in values.items()
        if len({repr(value) for value in by_run.values()}) > 1
    }
