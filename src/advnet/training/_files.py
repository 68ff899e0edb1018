"""Files written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Replaces a file by one with this text, in one instant."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    return part.replace(path)


def write_json(path: str | os.PathLike, value: Any) -> Path:
    """Replaces a file by one with this value, readable by eye."""
    return write_text(path, json.dumps(value, indent=2) + "\n")


def write_array(path: str | os.PathLike, x: np.ndarray) -> Path:
    """Replaces a .npy file by one with this array."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.save(file, x)
    return part.replace(path)


def append_line(path: str | os.PathLike, line: str) -> None:
    """Adds one line, in one write."""
    with Path(path).open("a") as file:
        file.write(line + "\n")
