"""Functions that write a file completely or leave the previous version unchanged."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` if the block does not raise."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Write `text` to a file as UTF-8 and return its path."""
    with atomic_write(path) as part:
        # Command-line arguments may contain bytes that are not valid UTF-8.
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
    return Path(path)


def write_json(path: str | os.PathLike, value: Any) -> Path:
    """Write `value` to a file as indented JSON and return its path."""
    return write_text(path, json.dumps(value, indent=2) + "\n")


def write_array(path: str | os.PathLike, x: np.ndarray) -> Path:
    """Write an array to a .npy file and return its path."""
    with atomic_write(path) as part, part.open("wb") as file:
        np.save(file, x)
    return Path(path)


def append_line(path: str | os.PathLike, line: str) -> None:
    """Append a line to a file in a single write."""
    with Path(path).open("a") as file:
        file.write(line + "\n")
