"""Files written whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """A place to write to, which replaces the file in one instant if nothing fails."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Replaces a file by one with this text, UTF-8."""
    with atomic_write(path) as part:
        # A command line may hold bytes that were no text.
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
    return Path(path)


def write_json(path: str | os.PathLike, value: Any) -> Path:
    """Replaces a file by one with this value, readable by eye."""
    return write_text(path, json.dumps(value, indent=2) + "\n")


def write_array(path: str | os.PathLike, x: np.ndarray) -> Path:
    """Replaces a .npy file by one with this array."""
    with atomic_write(path) as part, part.open("wb") as file:
        np.save(file, x)
    return Path(path)


def append_line(path: str | os.PathLike, line: str) -> None:
    """Adds one line, in one write."""
    with Path(path).open("a") as file:
        file.write(line + "\n")
