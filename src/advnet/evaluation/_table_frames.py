"""Frames as columns of numbers and of category codes, for the metrics of tables."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from advnet._extras import require
from advnet.evaluation._digest import fingerprint

NUMBERS = ("continuous", "integer", "date")
"""Kinds of columns that are compared as numbers; other kinds are categories."""

Kinds = Mapping[Any, str]


class ColumnPair(NamedTuple):
    """One column of several frames.

    Attributes:
      name: Name of the column.
      is_number: Whether the values are numbers; otherwise they are codes.
      sides: Values of each frame: numbers [n] with NaN for missing, or integer codes
        [n] from 0, by decreasing frequency in the first frame. A missing category has a
        code of its own.
    """

    name: Any
    is_number: bool
    sides: tuple[np.ndarray, ...]


def read_columns(*frames: Any, kinds: Kinds | None = None) -> list[ColumnPair]:
    """Return the columns of frames that have the same columns.

    Args:
      *frames: Frames of pandas, or arrays [n, d] whose columns are numbers.
      kinds: Kinds of columns by name, as in `data.Table.kinds`. By default numbers and
        dates are numbers, and all else are categories.

    Raises:
      TypeError: If a frame is something else.
      ValueError: If the columns differ, or there are fewer than two rows.
    """
    pandas = require("pandas", "tables")
    tables = [_as_frame(frame, pandas) for frame in frames]
    names = [*tables[0].columns]
    for table in tables:
        if set(table.columns) != set(names):
            raise ValueError(
                f"Expected the columns {names} in every frame, got {[*table.columns]}. "
                "Give all frames the columns of the data."
            )
        if len(table) < 2:
            raise ValueError(f"Expected at least 2 rows, got {len(table)}.")
    return [
        _read_column(name, [table[name] for table in tables], (kinds or {}).get(name))
        for name in names
    ]


def digest_frames(*frames: Any) -> str:
    """Return a digest of the names and values of the columns of frames."""
    pandas = require("pandas", "tables")
    parts = []
    for frame in frames:
        table = _as_frame(frame, pandas)
        parts.append(np.array([str(name) for name in table.columns]))
        parts.append(pandas.util.hash_pandas_object(table, index=False).to_numpy())
    return fingerprint(*parts)


def _as_frame(frame: Any, pandas: Any) -> Any:
    if isinstance(frame, pandas.DataFrame):
        return frame
    if isinstance(frame, np.ndarray) and frame.ndim == 2:
        return pandas.DataFrame(frame)
    raise TypeError(
        f"Expected pandas frames or arrays [n, d], got {type(frame).__name__}. Convert "
        "it: pandas.DataFrame(...)."
    )


def _read_column(name: Any, series: list[Any], kind: str | None) -> ColumnPair:
    types = require("pandas", "tables").api.types
    is_date = all(types.is_datetime64_any_dtype(part.dtype) for part in series)
    numeric = is_date or all(
        types.is_numeric_dtype(part.dtype) and not types.is_bool_dtype(part.dtype)
        for part in series
    )
    if numeric if kind is None else kind in NUMBERS:
        return ColumnPair(name, True, tuple(_numbers(part) for part in series))
    texts = [part.astype(object).where(part.notna(), None) for part in series]
    counts = texts[0].value_counts(dropna=False)
    codes = {level: code for code, level in enumerate(counts.index)}
    for part in texts[1:]:
        for level in part.unique():
            codes.setdefault(level, len(codes))
    sides = tuple(
        np.array([codes[value] for value in part], np.int64) for part in texts
    )
    return ColumnPair(name, False, sides)


def _numbers(series: Any) -> np.ndarray:
    """Return numbers or dates as float64 [n]."""
    pandas = require("pandas", "tables")
    types = pandas.api.types
    if not types.is_numeric_dtype(series.dtype):
        missing = series.isna()
        if types.is_datetime64_any_dtype(series.dtype):
            dates = series.dt.tz_localize(None).to_numpy("datetime64[us]")
            return np.where(missing, np.nan, dates.astype(np.int64).astype(np.float64))
        try:
            return pandas.to_numeric(series).to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise ValueError(
                f"Expected numbers or dates in column {series.name!r}, got text. Parse "
                "dates first: data.Table.parse_dates, or pandas.to_datetime."
            ) from None
    return series.to_numpy(np.float64, na_value=np.nan)


def feature_matrix(columns: list[ColumnPair], side: int) -> np.ndarray:
    """Return numbers, and codes as numbers, of one frame [n, d]."""
    return np.column_stack([c.sides[side].astype(np.float64) for c in columns])
