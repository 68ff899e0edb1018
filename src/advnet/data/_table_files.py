"""Tables in files, and frames of pandas or polars."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from advnet._extras import require
from advnet._files import check_regular_file
from advnet.data._csv import SEPARATORS, has_names

TABLE_SUFFIXES = (*SEPARATORS, ".parquet")
"""Endings of the names of files that hold tables."""


@runtime_checkable
class Frame(Protocol):
    """Table in memory: a frame of pandas or polars."""

    @property
    def columns(self) -> Any:
        """Names of the columns."""

    @property
    def dtypes(self) -> Any:
        """Data types of the columns."""


def is_table(source: Any) -> bool:
    """Return whether data are a frame, or a file of columns with names.

    Args:
      source: A frame, an array or a path.

    Returns:
      True for frames, Parquet files, and text files whose first row holds names and no
      number. A text file of numbers alone is an array.

    Raises:
      ValueError: If a text file is not UTF-8, or its first column holds row numbers.

    Examples:
      >>> is_table(np.zeros((3, 2))), is_table(pathlib.Path("rows.parquet"))
      (False, True)
    """
    if not isinstance(source, Path):
        return isinstance(source, Frame)
    suffix = source.suffix.lower()
    if suffix not in SEPARATORS or not source.exists():
        return suffix == ".parquet"
    return has_names(source)


def read_table(source: Any) -> Any:
    """Read a table as a pandas frame.

    Args:
      source: A pandas or polars frame, or the path of a ``.csv``, ``.tsv`` or
        ``.parquet`` file. A text file has a first row of column names and is UTF-8.

    Returns:
      A pandas frame with the index 0, 1, 2, ...

    Raises:
      ImportError: If pandas is not installed, or pyarrow for a Parquet file.
      OSError: If the file does not exist.
      TypeError: If `source` is something else.
      ValueError: If the file has another suffix, cannot be read as a table or holds no
        rows, or two columns share a name.

    Examples:
      >>> import pandas as pd
      >>> read_table(pd.DataFrame({"city": ["Rome", "Oslo"]}, index=[7, 9])).index
      RangeIndex(start=0, stop=2, step=1)
    """
    pandas = require("pandas", "tables")
    if isinstance(source, str | os.PathLike):
        frame = _read_file(Path(source))
        name = str(source)
    else:
        frame, name = _to_pandas(source), "the frame"
    names = frame.columns.tolist()
    if len(set(names)) < len(names):
        twice = next(column for column in names if names.count(column) > 1)
        raise ValueError(
            f"Expected a name of its own for each column of {name}, got {twice!r} "
            "twice. Rename one of them."
        )
    if not len(frame) or not names:
        raise ValueError(f"Expected rows and columns in {name}, got {frame.shape}.")
    for column in names:
        if not isinstance(column, str | int):
            raise ValueError(
                f"Expected text as names of columns in {name}, got {column!r}. Rename "
                "the columns."
            )
    return pandas.DataFrame(frame).reset_index(drop=True)


def _read_file(path: Path) -> Any:
    pandas = require("pandas", "tables")
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise ValueError(
            f"Expected a table in a file that ends in {', '.join(TABLE_SUFFIXES)}, got "
            f"{path}. Write it as one of these."
        )
    check_regular_file(path)
    if suffix == ".parquet":
        require("pyarrow", "tables")
        return pandas.read_parquet(path)
    try:
        return _read_text(path, SEPARATORS[suffix])
    except UnicodeDecodeError:
        raise ValueError(
            f"Expected {path} in UTF-8, got another encoding. Save it as UTF-8."
        ) from None
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from None


def _read_text(path: Path, separator: str) -> Any:
    """Read a text file; integers with gaps stay integers."""
    pandas = require("pandas", "tables")
    frame = pandas.read_csv(path, sep=separator)
    with_gaps = [name for name in frame.columns if frame[name].hasnans]
    if with_gaps:
        nullable = pandas.read_csv(
            path, sep=separator, usecols=with_gaps, dtype_backend="numpy_nullable"
        )
        for name in with_gaps:
            if str(nullable[name].dtype) == "Int64" and nullable[name].notna().any():
                frame[name] = nullable[name]
    return frame


def _to_pandas(frame: Any) -> Any:
    pandas = require("pandas", "tables")
    if isinstance(frame, pandas.DataFrame):
        return frame
    if type(frame).__module__.partition(".")[0] == "polars":
        # Without pyarrow, which polars needs for its own conversion.
        frame = pandas.DataFrame(frame.to_dict(as_series=False))
        infer = pandas.api.types.infer_dtype
        for name in frame.columns:
            if infer(frame[name], skipna=True) in ("date", "datetime"):
                frame[name] = pandas.to_datetime(frame[name])
        return frame
    raise TypeError(
        "Expected a pandas or polars frame, or the path of a file, got "
        f"{type(frame).__name__}. Convert it: pandas.DataFrame(...)."
    )


def check_columns(names: Sequence[Any], frame: Any) -> None:
    """Raise KeyError if a frame lacks one of the named columns."""
    for name in names:
        if name not in frame.columns:
            raise KeyError(
                f"Expected a column {name!r}, got {[*frame.columns]}. Correct the "
                "name, or add the column."
            )


def rows_of_series(x: np.ndarray, names: Sequence[str]) -> Any:
    """Return series as the rows of one long pandas frame.

    Args:
      x: Series [n, t, c].
      names: Name of each channel [c].

    Returns:
      A frame of n * t rows: the index of the series, the time from 0, and a column for
      each channel. If a channel has the name "series" or "time", the new column gets an
      underscore.

    Raises:
      ValueError: If `x` is not an array [n, t, c] for c names.

    Examples:
      >>> rows_of_series(np.array([[[1.5], [2.5]]]), ["wind"]).to_dict("list")
      {'series': [0, 0], 'time': [0, 1], 'wind': [1.5, 2.5]}
    """
    if x.ndim != 3 or x.shape[2] != len(names):
        raise ValueError(
            f"Expected series [n, t, {len(names)}] for as many names, got "
            f"{list(x.shape)}. Name every channel."
        )
    num, length, channels = x.shape
    new = {
        "series": np.repeat(np.arange(num), length),
        "time": np.tile(np.arange(length), num),
    }
    columns = {f"{n}_" if n in names else n: values for n, values in new.items()}
    columns |= dict(zip(names, x.reshape(-1, channels).T, strict=True))
    return require("pandas", "tables").DataFrame(columns)


def write_table(frame: Any, path: Path) -> None:
    """Write a pandas frame to a file, without its index.

    Args:
      frame: A pandas frame.
      path: A file that ends in ``.csv``, ``.tsv`` or ``.parquet``.

    Raises:
      ValueError: If the file has another suffix.
      ImportError: If pyarrow is not installed, for Parquet.

    Examples:
      >>> import pandas as pd, tempfile
      >>> path = Path(tempfile.mkdtemp()) / "rows.csv"
      >>> write_table(pd.DataFrame({"city": ["Rome"], "sold": [3]}), path)
      >>> print(path.read_text().strip())
      city,sold
      Rome,3
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        require("pyarrow", "tables")
        frame.to_parquet(path, index=False)
    elif suffix in SEPARATORS:
        frame.to_csv(path, sep=SEPARATORS[suffix], index=False)
    else:
        raise ValueError(
            f"Expected a file that ends in {', '.join(TABLE_SUFFIXES)} for a table, "
            f"got {path}."
        )
