"""Tables of numbers as text, with one example per row."""

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from advnet._files import check_regular_file

SEPARATORS = {".csv": ",", ".tsv": "\t"}

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", " ": "blanks"}
_INTEGER = re.compile(r"[0-9]+")


def read_csv(path: Path) -> np.ndarray:
    """Read a table of numbers [n, d]; a first row of column names is skipped.

    Names may be numbers where the other rows show that they are not an example: 0, 1, 2
    or consecutive years above values with a decimal point.

    Raises:
      ValueError: If a cell is not a number, rows differ in length, there are no rows,
        the text is not UTF-8, or a first row of numbers may be names or an example.
    """
    separator = SEPARATORS[path.suffix.lower()]
    lines = {
        number: line
        for number, line in enumerate(_read_lines(path), start=1)
        if line.strip()
    }
    rows = (_split(line, separator) for line in lines.values())  # a row when needed
    if lines and _is_header(path, next(rows), rows):
        del lines[next(iter(lines))]
    if not lines:
        raise ValueError(f"{path} holds no rows of numbers.")
    try:
        return np.loadtxt(
            list(lines.values()),
            delimiter=separator,
            quotechar='"',
            comments=None,
            ndmin=2,
        )
    except ValueError:
        cells = {number: _split(line, separator) for number, line in lines.items()}
        raise ValueError(f"{path}{_explain(cells, separator)}") from None


def _read_lines(path: Path) -> list[str]:
    """Read the lines of a text file in UTF-8."""
    check_regular_file(path)
    content = path.read_bytes()
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        name = "UTF-16" if utf_16 else "Latin-1, perhaps"
        raise ValueError(
            f"Expected {path} in UTF-8, got another encoding ({name}; byte "
            f"{content[error.start]:#04x} at {error.start}). Save it as UTF-8: iconv "
            f"-f {'UTF-16' if utf_16 else 'LATIN1'} -t UTF-8."
        ) from None
    # Not str.splitlines, which also splits at characters inside of cells.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _split(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator))
    except csv.Error:  # a cell of more than 131,072 characters
        cells = line.split(separator)
    return [cell.strip() for cell in cells]


def _is_header(
    path: Path, first: list[str], remaining_rows: Iterator[list[str]]
) -> bool:
    """Return whether the first row holds column names.

    A row with text in some cell and numbers in none holds names. A first row with
    numbers and an empty cell is data, so that `read_csv` reports it.
    """
    if not any(map(_is_number, first)):
        return any(first)
    second = next(remaining_rows, None)
    if not _are_consecutive(first) or second is None:
        return False
    remaining = itertools.chain([second], remaining_rows)
    if not any(_INTEGER.fullmatch(cell) for row in remaining for cell in row):
        return True  # all values have a decimal point, but for those of the first row
    if len(first) >= 3 or first[0] != "0":
        raise ValueError(
            f"The first row of {path} is {first[0]} to {first[-1]}: expected an "
            "example or names of columns, got numbers that may be either. Write the "
            "file without that row, DataFrame.to_csv(index=False, header=False), or, "
            "if it is an example, put a row of names above it."
        )
    return False


def _are_consecutive(cells: list[str]) -> bool:
    """Return whether cells are 0, 1, 2, ... or consecutive years."""
    if not all(map(_INTEGER.fullmatch, cells)):
        return False
    numbers = [int(cell) for cell in cells]
    is_start = numbers[0] == 0 or (len(numbers) > 1 and 1800 <= numbers[0] <= 2200)
    return is_start and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _explain(rows: dict[int, list[str]], separator: str) -> str:
    """Return what is wrong with a table; the rows are numbered as in the file."""
    width = len(next(iter(rows.values())))
    expected = f"numbers separated by {_OTHER_SEPARATORS[separator]}"
    for number, row in rows.items():
        mark = _other_separator(row)
        if mark is not None:
            return (
                f", row {number}: expected {expected}, got "
                f"{_OTHER_SEPARATORS[mark]}. Save the table with "
                f"{_OTHER_SEPARATORS[separator]} and decimal points."
            )
        if len(row) != width:
            return (
                f", row {number}: expected {width} cells, as in row "
                f"{next(iter(rows))}, got {len(row)}. Complete or delete the row."
            )
        for column, cell in enumerate(row, start=1):
            if not _is_number(cell):
                return (
                    f", row {number}, column {column}: expected a number in every "
                    f"cell, got {cell!r}. Leave out columns of text, or write each of "
                    "their values as a column of 0 and 1; fill or leave out rows with "
                    "empty cells."
                )
    return f": expected {expected}, got a table that NumPy cannot read."


def _other_separator(row: list[str]) -> str | None:
    """Return another separator that a row of cells seems to have."""
    texts = [cell for cell in row if not _is_number(cell)]
    # A comma or a blank may be a part of one cell among remaining_rows.
    marks = [*_OTHER_SEPARATORS] if len(row) == 1 else [";", "\t"]
    return next((mark for mark in marks for cell in texts if mark in cell), None)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
