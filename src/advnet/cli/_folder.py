"""A run folder: what lies where, and whose it is."""

import dataclasses
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from advnet import __version__
from advnet._files import append_line, write_json
from advnet.cli._options import Fit, Running, Train
from advnet.training import Recovery, new_run_directory

_COMMANDS: dict[str, type[Train] | type[Fit]] = {"train": Train, "fit": Fit}
_PATHS = ("data", "data_dir", "pretrained")
_PACKAGES = ("jax", "flax", "optax", "numpy")
# They say how long and how carefully to run, not what the run is.
_FREE = {
    "steps",
    "epochs",
    "run",
    "dry_run",
    "checkpoint_every",
    "score_every",
    "patience",
    "samples",
    "on_nan",
    "metrics_every",
    "steps_per_call",
}


class Folder(NamedTuple):
    """The files of one run."""

    path: Path

    @property
    def config(self) -> Path:
        """Configuration, versions, command."""
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
    def events(self) -> Path:
        """Recoveries from NaN, JSON lines."""
        return self.path / "events.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The newest states."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """The state of the best score."""
        return self.path / "best"

    @property
    def frames(self) -> Path:
        """Some samples on the way, an array a step."""
        return self.path / "frames"

    @property
    def samples(self) -> Path:
        """Samples of the last evaluation."""
        return self.path / "samples.npy"

    @property
    def evaluation(self) -> Path:
        """The last evaluation."""
        return self.path / "evaluation.json"

    def read_config(self) -> dict[str, Any]:
        """What the run was started with.

        Raises:
          FileNotFoundError: If this is no run folder.
        """
        if not self.config.exists():
            raise FileNotFoundError(
                f"{self.path} is no run folder: it has no config.json. Give a folder "
                "that `advnet train` or `advnet fit` made."
            )
        return json.loads(self.config.read_text())

    def options(self) -> Train | Fit:
        """The options the run was started with."""
        config = self.read_config()
        kind = _COMMANDS[config["kind"]]
        values = config["options"] | {"run": str(self.path)}
        fields = {field.name for field in dataclasses.fields(kind)}
        known = {name: value for name, value in values.items() if name in fields}
        for name in ("run", *_PATHS):
            if known.get(name) is not None:
                known[name] = Path(known[name])
        return kind(**known)

    def read_metrics(self) -> dict[str, np.ndarray]:
        """The metrics as columns [t], "step" among them."""
        if not self.metrics.exists():
            return {}
        rows = [json.loads(line) for line in self.metrics.read_text().splitlines()]
        names = rows[0] if rows else ()
        return {name: np.array([row[name] for row in rows]) for name in names}

    def past_events(self) -> list[Recovery]:
        """Recoveries so far."""
        if not self.events.exists():
            return []
        lines = self.events.read_text().splitlines()
        return [Recovery(**json.loads(line)) for line in lines]

    def record(self, event: Recovery) -> None:
        """Remembers a recovery."""
        append_line(self.events, json.dumps(event._asdict()))


def open_folder(options: Train | Fit, name: str) -> Folder:
    """The folder of this very run, or a new one.

    Raises:
      FileExistsError: If the folder is another run's, or holds anything else.
    """
    if options.run is not None and Folder(options.run).config.exists():
        folder = Folder(options.run)
        _refuse_changes(folder, options)
        return folder
    folder = Folder(new_run_directory(options.run, name))
    write_json(folder.config, _provenance(options))
    return folder


def _refuse_changes(folder: Folder, options: Train | Fit) -> None:
    old, new = folder.read_config(), _provenance(options)
    changed = [] if old["kind"] == new["kind"] else [f"advnet {old['kind']}"]
    changed += [
        f"{name.replace('_', '-')} {old['options'].get(name)} -> {value}"
        for name, value in new["options"].items()
        if name not in _FREE and old["options"].get(name) != value
    ]
    if changed:
        raise FileExistsError(
            f"{folder.path} holds another run ({'; '.join(changed)}). Name another "
            "folder with --run, or go on with what it is: advnet resume "
            f"{folder.path}. To fork it, copy the folder and edit its config.json."
        )


def _provenance(options: Running) -> dict[str, Any]:
    values = dataclasses.asdict(options)
    for name in _PATHS:
        if values.get(name) is not None:
            values[name] = values[name].expanduser().absolute()
    given = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
    }
    kind = "train" if isinstance(options, Train) else "fit"
    return {"kind": kind, **made_with(), "options": given}


def made_with() -> dict[str, Any]:
    """The command, the device and the versions that make what is made now."""
    versions = {name: metadata.version(name) for name in _PACKAGES}
    return {
        "command": " ".join(["advnet", *sys.argv[1:]]),
        "device": jax.devices()[0].device_kind,
        "versions": {"advnet": __version__, **versions},
    }
