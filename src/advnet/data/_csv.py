"""Tables as text: one example a row, numbers alone."""

from pathlib import Path

import numpy as np

SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_csv(path: Path) -> np.ndarray:
    """Reads a table [n, d]; a first row of names is passed over.

    Raises:
      ValueError: If a cell is no number, rows differ in length, or there are none.
    """
    separator = SEPARATORS[path.suffix.lower()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    skipped = int(bool(lines) and _are_names(lines[0].split(separator)))
    if len(lines) == skipped:
        raise ValueError(f"{path} holds no rows of numbers.")
    try:
        return np.loadtxt(
            lines[skipped:], delimiter=separator, quotechar='"', comments=None, ndmin=2
        )
    except ValueError as error:
        raise ValueError(
            f"{path}: {error}{' (below the names)' if skipped else ''}. Expected a "
            "number in every cell: leave columns of text out, or write each of their "
            "values as a column of 0 and 1; fill or leave out rows with empty cells."
        ) from None


def _are_names(cells: list[str]) -> bool:
    """A row without any number: one with some is data with a hole, and told."""
    cells = [cell.strip().strip('"') for cell in cells]
    return any(cells) and not any(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
