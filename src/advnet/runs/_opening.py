"""Opening the folder of a run, with the checks that it belongs to this run."""

import uuid
from pathlib import Path

import jax

from advnet._files import write_json
from advnet.runs._config import Config
from advnet.runs._fingerprint import Fingerprint
from advnet.runs._folder import FORMAT, Record, RunFolder
from advnet.runs._processes import is_first_process, wait_for_processes
from advnet.runs._provenance import current_provenance
from advnet.training import new_run_directory


def with_stored_split(config: Config) -> Config:
    """Return the configuration with the seed of the split of the run in its folder."""
    folder = _existing_folder(config)
    if folder is None:
        return config.with_split_seed()
    record = folder.read_record()
    return config.with_split_seed(folder.read_config(record).split_seed)


def open_folder(
    config: Config, fingerprint: Fingerprint, num_devices: int
) -> RunFolder:
    """Open the folder that holds this run, or create a new one.

    Args:
      config: The configuration.
      fingerprint: That of the data.
      num_devices: Number of devices that train, to be recorded in a new folder.

    Raises:
      FileExistsError: If the folder belongs to another run, or holds anything else.
    """
    if jax.process_count() > 1 and config.run is None:
        raise ValueError(
            "Expected run, a folder that all processes see, for a run in several "
            "processes; got none. Name one with --run."
        )
    if not is_first_process():
        wait_for_processes("run folder")
        folder = RunFolder(Path(str(config.run)))
        _check_same_run(folder, config, fingerprint)
        return folder
    try:
        return _open_folder(config, fingerprint, num_devices)
    finally:
        wait_for_processes("run folder")


def _open_folder(
    config: Config, fingerprint: Fingerprint, num_devices: int
) -> RunFolder:
    """Open or create the folder in the only or the first process."""
    folder = _existing_folder(config)
    if folder is not None:
        _check_same_run(folder, config, fingerprint)
        return folder
    folder = RunFolder(new_run_directory(config.run, config.name))
    with folder.lock():
        if folder.config.exists():  # written by another process meanwhile
            _check_same_run(folder, config, fingerprint)
            return folder
        folder.remove_leftovers()
        write_json(
            folder.config,
            {
                "format": FORMAT,
                "id": uuid.uuid4().hex,
                "provenance": current_provenance()._asdict(),
                "data": fingerprint.to_json(),
                "devices": num_devices,
                "config": config.to_json(),
            },
        )
    return folder


def _existing_folder(config: Config) -> RunFolder | None:
    """Return the folder that a configuration names if it holds a run."""
    if config.run is None:
        return None
    folder = RunFolder(Path(config.run))
    return folder if folder.config.exists() else None


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
