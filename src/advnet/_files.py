"""Functions that write a file completely or leave the previous version unchanged."""

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

LOCK_NAME = ".lock"
"""Name of the lock file in the folder of a run."""

_PART = ".part"


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` if the block does not raise."""
    path = Path(path)
    # The number keeps two processes that write the same file apart.
    part = path.with_name(f"{path.name}.{os.getpid()}{_PART}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def is_leftover(path: Path) -> bool:
    """Return whether a killed process may have left this file of no value."""
    return path.name == LOCK_NAME or path.suffix == _PART


def remove_parts(folder: Path) -> None:
    """Delete the temporary files that killed processes left in a folder."""
    for part in folder.glob(f"*{_PART}"):
        part.unlink(missing_ok=True)


def make_parent(path: str | os.PathLike) -> Path:
    """Create the folder of a file if it does not exist, and return the file's path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def check_regular_file(path: Path) -> None:
    """Raise if `path` is a pipe, a device or a folder; reading those may never end.

    Raises:
      FileNotFoundError: If there is no such file.
      ValueError: If it is not a regular file, or a link to one.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.is_file():
        raise ValueError(
            f"Expected a regular file, got {path}, which is a folder, a pipe or a "
            "device. Save the data to a file first."
        )


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Write `text` to a file as UTF-8 and return its path."""
    with atomic_write(path) as part:
        # Command-line arguments may contain bytes that are not valid UTF-8.
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
    return Path(path)


def write_json(path: str | os.PathLike, value: Any) -> Path:
    """Write `value` to a file as indented JSON and return its path."""
    return write_text(path, json.dumps(strict(value), indent=2, allow_nan=False) + "\n")


def write_array(path: str | os.PathLike, x: np.ndarray) -> Path:
    """Write an array to a .npy file and return its path."""
    with atomic_write(path) as part, part.open("wb") as file:
        np.save(file, x)
    return Path(path)


def append_line(path: str | os.PathLike, line: str) -> None:
    """Append a line to a file in a single write."""
    with Path(path).open("ab", buffering=0) as file:
        file.write(line.encode() + b"\n")


def append_json(path: str | os.PathLike, row: Mapping[str, Any]) -> None:
    """Append a row to a file of JSON lines in a single write."""
    append_line(path, json.dumps(strict(row), allow_nan=False))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises:
      FileNotFoundError: If there is no such file.
      ValueError: If the file holds anything else; the message names the file.
    """
    check_regular_file(path)
    return _parse(path.read_bytes(), str(path))


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines; a last line without its end is left out.

    A killed process may leave the last line incomplete. A missing file has no rows.

    Raises:
      ValueError: If a complete line is not a JSON object; the message names the file
        and the line.
    """
    if not path.exists():
        return []
    check_regular_file(path)
    *lines, _ = path.read_bytes().split(b"\n")
    return [_parse(line, f"{path}, line {i}") for i, line in enumerate(lines, start=1)]


def strict(value: Any) -> Any:
    """Return `value` with NaN and infinity, which JSON does not have, as None."""
    if isinstance(value, Mapping):
        return {name: strict(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _parse(content: bytes, place: str) -> dict[str, Any]:
    """Parse one JSON object, or raise ValueError with its place."""
    try:
        value = json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{place}: expected JSON, got {content[:40]!r} ({error}). Restore or "
            "delete the file."
        ) from None
    if not isinstance(value, dict):
        raise ValueError(
            f"{place}: expected a JSON object, got {type(value).__name__}. Restore or "
            "delete the file."
        )
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value of JSON")
