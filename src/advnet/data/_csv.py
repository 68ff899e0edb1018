"""Tables of numbers as text, with one example per row."""

import csv
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from advnet._files import check_regular_file

SEPARATORS = {".csv": ",", ".tsv": "\t"}

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", " ": "blanks"}
_INTEGER = re.compile(r"[0-9]+")
_MAX_SHOWN = 40  # characters of a row in an error


def read_csv(path: Path) -> np.ndarray:
    """Read a table of numbers [n, d]; a first row of column names is skipped.

    Names may be numbers where the other rows show that they are not an example: 0, 1, 2
    or years above values with a decimal point.

    Raises:
      ValueError: If a cell is not a number, rows differ in length, there are no rows,
        the text is not UTF-8, a first row of numbers may be names or an example, or
        the first column holds the row numbers that pandas and R write.
    """
    separator = SEPARATORS[path.suffix.lower()]
    lines = {
        number: line
        for number, line in enumerate(_read_lines(path), start=1)
        if line.strip()
    }
    rows = (_split(line, separator) for line in lines.values())  # a row when needed
    first = next(rows, [])
    _check_no_row_numbers(path, first, rows)
    if lines and _is_header(path, first, rows):
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


def has_names(path: Path) -> bool:
    """Return whether the first row holds names of columns and no number.

    It returns False where the cells seem to have another separator, so that `read_csv`
    reports it.

    Raises:
      ValueError: If the text is not UTF-8, or the first column holds row numbers.
    """
    separator = SEPARATORS[path.suffix.lower()]
    rows = (_split(line, separator) for line in _read_lines(path) if line.strip())
    first = next(rows, [])
    _check_no_row_numbers(path, first, rows)
    mark = _other_separator(first)
    if len(first) == 1 and mark not in (None, " "):
        return False
    # A blank may be a part of a name.
    cells = first[0].split() if mark == " " and len(first) == 1 else first
    return any(first) and not any(map(_is_number, cells))


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


def _check_no_row_numbers(
    path: Path, first: list[str], remaining_rows: Iterator[list[str]]
) -> None:
    """Raise if the first column has no name, and holds the numbers of the rows."""
    if len(first) < 2 or first[0] or not all(first[1:]):
        return
    column = (row[0] for row in remaining_rows)
    start = next(column, "")
    if start not in ("0", "1"):  # as pandas and R number rows
        return
    if all(cell == str(number) for number, cell in enumerate(column, int(start) + 1)):
        raise ValueError(
            f"The first column of {path} has no name and holds the numbers of the "
            "rows: expected values of the examples only. Write the table without "
            "them, DataFrame.to_csv(index=False)."
        )


def _is_header(
    path: Path, first: list[str], remaining_rows: Iterator[list[str]]
) -> bool:
    """Return whether the first row holds column names.

    A row with text in some cell and numbers in none holds names. A first row with
    numbers and an empty cell is data, so that `read_csv` reports it.
    """
    if not any(map(_is_number, first)):
        return any(first)
    if not _are_numbers_as_names(first):
        return False
    is_alike = _kind_of(first)
    all_alike, occurs_again, has_integers = True, False, False
    for row in remaining_rows:
        all_alike = all_alike and all(map(is_alike, row))
        occurs_again = occurs_again or row == first
        has_integers = has_integers or any(map(_INTEGER.fullmatch, row))
    if all_alike or occurs_again:
        if first[0] == "0":
            warnings.warn(
                f"The first row of {path}, {', '.join(first)[:_MAX_SHOWN]}, is read as "
                "an example. If it holds names of columns, write the file without it.",
                stacklevel=4,
            )
        return False
    if not has_integers:
        return True  # all values have a decimal point, but for those of the first row
    raise ValueError(
        f"The first row of {path} is {', '.join(first)[:_MAX_SHOWN]}: expected an "
        "example or names of columns, got numbers that may be either. Write the file "
        "without that row, DataFrame.to_csv(index=False, header=False), or, if it is "
        "an example, put a row of names above it."
    )


def _are_numbers_as_names(cells: list[str]) -> bool:
    """Return whether cells are 0, 1, 2, ..., or years in their order."""
    if not all(map(_INTEGER.fullmatch, cells)):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    return numbers == [*range(len(numbers))] or (
        all(map(_is_year, cells)) and (min(steps, default=1) > 0 or max(steps) < 0)
    )


def _kind_of(cells: list[str]) -> Callable[[str], bool]:
    """Return the check whether a cell is a flag or a year, as all of `cells` are."""
    for check in (_is_flag, _is_year):
        if all(map(check, cells)):
            return check
    return lambda cell: False


def _is_flag(cell: str) -> bool:
    return cell in ("0", "1")


def _is_year(cell: str) -> bool:
    return _INTEGER.fullmatch(cell) is not None and 1800 <= int(cell) <= 2200


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
                    f"cell, got {cell!r}. Read a table with text or empty cells "
                    "with data.read_table; it needs a row of names. Or leave out the "
                    "column or the row."
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
