"""The folder of a run: its files, and the checks that they belong to this run."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet._files import append_line, write_json
from advnet.evaluation import Evaluation
from advnet.runs._config import Config
from advnet.runs._fingerprint import Fingerprint
from advnet.runs._provenance import Provenance, current_provenance
from advnet.training import Recovery, new_run_directory

FORMAT = 2
"""Version of config.json. Older versions are refused by name."""


class Record(NamedTuple):
    """The content of config.json.

    Attributes:
      provenance: The command, device and versions that started the run.
      fingerprint: Shapes and digest of the data.
      config: The configuration as JSON values; see `Config.from_json`.
    """

    provenance: Provenance
    fingerprint: Fingerprint
    config: dict[str, Any]


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
        content = json.loads(self.config.read_text())
        version = content.get("format", 1)
        if version != FORMAT:
            raise ValueError(
                f"Expected a run of format {FORMAT}, got format {version} in "
                f"{self.config}. Another version of advnet made it: use that version, "
                "or train again."
            )
        return Record(
            provenance=Provenance(**content["provenance"]),
            fingerprint=Fingerprint.from_json(content["data"]),
            config=content["config"],
        )

    def read_metrics(self) -> dict[str, np.ndarray]:
        """Read the metrics as columns [t], "step" among them."""
        if not self.metrics.exists():
            return {}
        rows = [json.loads(line) for line in self.metrics.read_text().splitlines()]
        names = rows[0] if rows else ()
        return {name: np.array([row[name] for row in rows]) for name in names}

    def read_recoveries(self) -> list[Recovery]:
        """Read the recoveries from NaN so far."""
        if not self.recoveries.exists():
            return []
        lines = self.recoveries.read_text().splitlines()
        return [Recovery(**json.loads(line)) for line in lines]

    def append_recovery(self, recovery: Recovery) -> None:
        """Record a recovery from NaN."""
        append_line(self.recoveries, json.dumps(recovery._asdict()))

    def read_evaluation(self) -> Evaluation | None:
        """Read the last evaluation, or return None if there is none."""
        if not self.evaluation.exists():
            return None
        return Evaluation.from_json(json.loads(self.evaluation.read_text()))


def open_folder(config: Config, fingerprint: Fingerprint) -> RunFolder:
    """Open the folder that holds this run, or create a new one.

    Raises:
      FileExistsError: If the folder belongs to another run, or holds anything else.
    """
    if config.run is not None and RunFolder(config.run).config.exists():
        folder = RunFolder(config.run)
        _check_same_run(folder, config, fingerprint)
        return folder
    folder = RunFolder(new_run_directory(config.run, config.name))
    write_json(
        folder.config,
        {
            "format": FORMAT,
            "provenance": current_provenance()._asdict(),
            "data": fingerprint.to_json(),
            "config": config.to_json(),
        },
    )
    return folder


def _check_same_run(
    folder: RunFolder, config: Config, fingerprint: Fingerprint
) -> None:
    record = folder.read_record()
    changes = config.changes_from(record.config)
    if changes:
        raise FileExistsError(
            f"{folder.path} holds another run ({'; '.join(changes)}). Name another "
            "folder with --run, or resume that run: advnet resume "
            f"{folder.path}. To fork it, copy the folder and edit its config.json."
        )
    check_same_data(folder, record, fingerprint)


def check_same_data(
    folder: RunFolder, record: Record, fingerprint: Fingerprint
) -> None:
    """Raise if the data are not the data that the run was started with."""
    changes = record.fingerprint.changes_to(fingerprint)
    if changes:
        raise ValueError(
            f"The data of {folder.path} have changed since the run was started "
            f"({'; '.join(changes)}). Restore the data, or start another run: training "
            "and test examples would be mixed."
        )
