"""The folder of a run: its files, and the checks that they belong to this run."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet._files import (
    append_json,
    read_json,
    read_json_lines,
    remove_parts,
)
from advnet.evaluation import Evaluation
from advnet.runs._config import Config
from advnet.runs._fingerprint import Fingerprint
from advnet.runs._lock import locked
from advnet.runs._processes import is_first_process
from advnet.runs._provenance import Provenance
from advnet.training import Checkpoints, Recovery

FORMAT = 4
"""Version of config.json. Older versions are refused by name."""


class Record(NamedTuple):
    """The content of config.json.

    Attributes:
      id: Name of the run that its checkpoints carry, drawn at random.
      provenance: The command, device and versions that started the run.
      fingerprint: Shapes and digest of the data.
      config: The configuration as JSON values; see `Config.from_json`.
      devices: Number of devices that the run was started on.
    """

    id: str
    provenance: Provenance
    fingerprint: Fingerprint
    config: dict[str, Any]
    devices: int = 1


class RunFolder(NamedTuple):
    """The files of one run.

    Attributes:
      path: The folder.

    Examples:
      >>> RunFolder(pathlib.Path("runs/mnist-1")).metrics.name
      'metrics.jsonl'
    """

    path: Path

    @property
    def config(self) -> Path:
        """Configuration, versions, command and fingerprint of the data."""
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        """Metrics, JSON lines."""
        return self.path / "metrics.jsonl"

    @property
    def scores(self) -> Path:
        """Scores on validation data, JSON lines."""
        return self.path / "scores.jsonl"

    @property
    def recoveries(self) -> Path:
        """Recoveries from NaN, JSON lines."""
        return self.path / "recoveries.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Folder of the newest states."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """Folder of the state with the best score."""
        return self.path / "best"

    @property
    def frames(self) -> Path:
        """Folder of samples drawn during training, one array for each step."""
        return self.path / "frames"

    @property
    def samples(self) -> Path:
        """Samples of the last evaluation."""
        return self.path / "samples.npy"

    @property
    def rows(self) -> Path:
        """Samples of the last evaluation as a table."""
        return self.path / "samples.csv"

    @property
    def table(self) -> Path:
        """Schema and codes of the table that the data are rows of."""
        return self.path / "table.json"

    @property
    def picture(self) -> Path:
        """Samples of the last evaluation as one image."""
        return self.path / "samples.png"

    @property
    def evaluation(self) -> Path:
        """The last evaluation."""
        return self.path / "evaluation.json"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    def read_record(self) -> Record:
        """Read config.json.

        Raises:
          FileNotFoundError: If the folder does not hold a run.
          ValueError: If the run was written in another format.
        """
        if not self.config.exists():
            raise FileNotFoundError(
                f"{self.path} is not a run folder: it has no config.json. Give a "
                "folder that `advnet train`, `advnet fit` or runs.train made."
            )
        content = read_json(self.config)
        version = content.get("format", 1)
        if version != FORMAT:
            raise ValueError(
                f"Expected a run of format {FORMAT}, got format {version} in "
                f"{self.config}. Another version of advnet made it: use that version, "
                "or train again."
            )
        try:
            return Record(
                id=_require_text(content["id"]),
                provenance=Provenance(**content["provenance"]),
                fingerprint=Fingerprint.from_json(content["data"]),
                config=dict(content["config"]),
                devices=int(content["devices"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.config} is damaged ({type(error).__name__}: {error}). Restore "
                "it, or train again in another folder."
            ) from None

    def read_config(self, record: Record) -> Config:
        """Return the configuration in a record of this folder.

        Raises:
          ValueError: If a field is unknown or out of range; the message names the file.
        """
        try:
            return Config.from_json(record.config, run=self.path)
        except ValueError as error:
            raise ValueError(f"{self.config}: {error}") from None

    def read_metrics(self) -> dict[str, np.ndarray]:
        """Read the metrics as columns [t], "step" among them.

        Raises:
          ValueError: If a line is not a row of numbers; the message names the file and
            the line.
        """
        rows = read_json_lines(self.metrics)
        names = rows[0] if rows else {}
        for number, row in enumerate(rows, start=1):
            if [*row] != [*names] or not all(map(_is_number, row.values())):
                raise ValueError(
                    f"{self.metrics}, line {number}: expected numbers for "
                    f"{[*names]}, got {str(row)[:80]}. Restore or delete the line."
                )
        # None stands for NaN, which JSON does not have.
        integers = {"step": np.int64}
        return {
            name: np.array([row[name] for row in rows], integers.get(name, np.float64))
            for name in names
        }

    def read_scores(self) -> list[tuple[int, float]]:
        """Read the pairs (step, score) so far; a score of None was NaN.

        Raises:
          ValueError: If a line is not a score; the message names the file and the line.
        """
        rows = read_json_lines(self.scores)
        for number, row in enumerate(rows, start=1):
            is_score = isinstance(row.get("step"), int) and "score" in row
            if not is_score or not _is_number(row["score"]):
                raise ValueError(
                    f"{self.scores}, line {number}: expected a step and a score, got "
                    f"{str(row)[:80]}. Restore or delete the line."
                )
        return [
            (row["step"], float("nan") if row["score"] is None else row["score"])
            for row in rows
        ]

    def read_recoveries(self) -> list[Recovery]:
        """Read the recoveries from NaN so far.

        Raises:
          ValueError: If a line is not a recovery; the message names the file and line.
        """
        rows = read_json_lines(self.recoveries)
        for number, row in enumerate(rows, start=1):
            kinds = {name: type(value) for name, value in row.items()}
            if kinds != Recovery.__annotations__:
                raise ValueError(
                    f"{self.recoveries}, line {number}: expected the fields "
                    f"{[*Recovery._fields]}, got {str(row)[:80]}. Restore or delete "
                    "the line."
                )
        return [Recovery(**row) for row in rows]

    def append_recovery(self, recovery: Recovery) -> None:
        """Record a recovery from NaN."""
        append_json(self.recoveries, recovery._asdict())

    def read_evaluation(self) -> Evaluation | None:
        """Read the last evaluation, or return None if there is none.

        Raises:
          ValueError: If the file is damaged; the message names it.
        """
        if not self.evaluation.exists():
            return None
        try:
            return Evaluation.from_json(read_json(self.evaluation))
        except ValueError as error:
            raise ValueError(
                f"{self.evaluation} is damaged ({error}). Delete it, and evaluate "
                f"again: advnet evaluate {self.path}."
            ) from None

    def frame_files(self) -> dict[int, Path]:
        """Return the files of the samples drawn during training, by step."""
        files = self.frames.glob("*.npy")
        by_step = {int(file.stem): file for file in files if file.stem.isdecimal()}
        return dict(sorted(by_step.items()))

    def open_newest(self, run: str, *, read_only: bool = False) -> Checkpoints:
        """Open the checkpoints of the newest states."""
        return Checkpoints(self.checkpoints, run=run, read_only=read_only)

    def open_best(self, run: str, *, read_only: bool = False) -> Checkpoints:
        """Open the checkpoints of the best states."""
        return Checkpoints(self.best, keep=None, run=run, read_only=read_only)

    def lock(self) -> AbstractContextManager[None]:
        """Return a context in which no other process trains in this folder.

        Raises:
          BlockingIOError: If another process does, when the context is entered.
        """
        return locked(self.path)

    def remove_leftovers(self) -> None:
        """Delete the temporary files of killed processes."""
        if not is_first_process():
            return
        remove_parts(self.path)
        remove_parts(self.frames)


def _require_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected text, got {value!r}")
    return value


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or is_number
