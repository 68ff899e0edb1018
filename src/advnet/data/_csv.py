"""Tables of numbers as text, with one example per row."""

from pathlib import Path

import numpy as np

SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_csv(path: Path) -> np.ndarray:
    """Read a table of numbers [n, d]; a first row of column names is skipped.

    Raises:
      ValueError: If a cell is not a number, rows differ in length, or there are no
        rows.
    """
    separator = SEPARATORS[path.suffix.lower()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    num_headers = int(bool(lines) and _is_header(lines[0].split(separator)))
    if len(lines) == num_headers:
        raise ValueError(f"{path} holds no rows of numbers.")
    try:
        return np.loadtxt(
            lines[num_headers:],
            delimiter=separator,
            quotechar='"',
            comments=None,
            ndmin=2,
        )
    except ValueError as error:
        place = " (below the column names)" if num_headers else ""
        raise ValueError(
            f"{path}: {error}{place}. Expected a number in every cell: leave out "
            "columns of text, or write each of their values as a column of 0 and 1; "
            "fill or leave out rows with empty cells."
        ) from None


def _is_header(cells: list[str]) -> bool:
    """Return whether a row holds column names: text in some cell, numbers in none.

    A first row with numbers and an empty cell is data, so that `read_csv` reports it.
    """
    cells = [cell.strip().strip('"') for cell in cells]
    return any(cells) and not any(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
