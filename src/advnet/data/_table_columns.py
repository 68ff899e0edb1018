"""Columns of a table: their kinds, and their values as numbers or as codes."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from advnet._extras import require
from advnet.data._table_values import (
    DATE_FORMATS,
    Kind,
    find_date_format,
    find_grid,
    plain_value,
)

MAX_DISCRETE = 10  # distinct numbers of a column that is coded by level


@dataclasses.dataclass(frozen=True)
class Column:
    """Schema of one column, learned from the rows that a model is trained on.

    Attributes:
      name: Name in the frame.
      kind: What the values are: "continuous", "integer", "category", "boolean", "date"
        or "constant".
      dtype: Data type in pandas.
      missing: Share of rows without a value.
      levels: Distinct values by decreasing frequency; None is a missing value. Empty
        for numbers and dates with more than ten distinct values.
      shares: Share of rows of each level.
      low: Smallest value, as a number.
      high: Largest value, as a number.
      decimals: Number of decimals, None if the values are not decimal fractions.
      step: Smallest difference of two values on their grid, 0 without a grid.
      date_format: Format of dates that are text.
      categories: All categories of a categorical data type, in their order.
      ordered: Whether a categorical data type is ordered.
    """

    name: Any
    kind: Kind
    dtype: str
    missing: float = 0.0
    levels: tuple[Any, ...] = ()
    shares: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0
    decimals: int | None = None
    step: float = 0.0
    date_format: str | None = None
    categories: tuple[Any, ...] = ()
    ordered: bool = False


def describe(series: Any, kind: Kind | None = None) -> Column:
    """Learn the schema of a column.

    Raises:
      ValueError: If the values do not have the kind that was asked for, or are neither
        text, numbers, truth values nor dates.
    """
    pandas = require("pandas", "tables")
    check_kind(kind, series.name)
    column = Column(
        series.name,
        kind or "category",
        str(series.dtype),
        missing=float(series.isna().mean()),
    )
    if isinstance(series.dtype, pandas.CategoricalDtype):
        column = dataclasses.replace(
            column,
            dtype="category",
            categories=tuple(map(plain_value, series.dtype.categories)),
            ordered=bool(series.dtype.ordered),
        )
    if len(series.drop_duplicates()) <= 1:
        return _with_levels(column, series, "constant")
    present = series.dropna()
    inferred = _find_kind(present)
    if kind in (None, "date") and inferred == "category":
        date_format = find_date_format(present)
        column = dataclasses.replace(column, date_format=date_format)
        inferred = "date" if date_format else inferred
    kind = kind or inferred
    if kind in ("category", "boolean", "constant"):
        return _with_levels(column, series, kind)
    return _with_range(dataclasses.replace(column, kind=kind), series)


def _find_kind(present: Any) -> Kind:
    """Return the kind of the values that are not missing, from their data type."""
    pandas = require("pandas", "tables")
    if isinstance(present.dtype, pandas.CategoricalDtype):
        return "category"
    inferred = pandas.api.types.infer_dtype(present)
    if inferred in ("integer", "floating", "mixed-integer-float"):
        values = np.asarray(present, np.float64)
        whole = np.array_equal(values, np.round(values))
        return "integer" if whole else "continuous"
    if inferred.startswith(("datetime", "date")):
        return "date"
    return "boolean" if inferred == "boolean" else "category"


def check_kind(kind: Any, name: Any) -> None:
    """Raise ValueError if a kind of column is unknown."""
    if kind is not None and kind not in get_args(Kind):
        raise ValueError(
            f"Expected the kind of column {name!r} to be one of "
            f"{', '.join(get_args(Kind))}, got {kind!r}."
        )


def _with_levels(column: Column, series: Any, kind: Kind) -> Column:
    """Return a column with its levels by decreasing frequency, then by appearance."""
    if column.dtype == "category":
        series = series.astype(object)
    counts: dict[Any, int] = {}
    for value in map(plain_value, series):
        counts[value] = counts.get(value, 0) + 1
    levels = sorted(counts, key=lambda level: -counts[level])
    shares = tuple(counts[level] / max(len(series), 1) for level in levels)
    return dataclasses.replace(column, kind=kind, levels=tuple(levels), shares=shares)


def _with_range(column: Column, series: Any) -> Column:
    """Return a column of numbers or dates with its range and its grid."""
    values = to_numbers(column, series)
    present = values[~np.isnan(values)]
    if not np.isfinite(present).all():
        raise ValueError(
            f"Expected finite values in column {column.name!r}, got "
            f"{present[~np.isfinite(present)][0]}. Replace them, or leave them empty."
        )
    decimals, step = find_grid(present, single="float32" in column.dtype)
    column = dataclasses.replace(
        column,
        low=float(present.min()),
        high=float(present.max()),
        decimals=decimals,
        step=step,
    )
    if len(np.unique(present)) <= MAX_DISCRETE:
        return _with_levels(column, series, column.kind)
    return column


def to_numbers(column: Column, series: Any) -> np.ndarray:
    """Return numbers and dates as float64 [n]; a missing value is NaN.

    Dates are microseconds since 1970, which float64 holds exactly.

    Raises:
      ValueError: If a value is not a number or a date.
    """
    if column.kind == "date":
        dates = to_dates(column, series)
        numbers = dates.dt.tz_localize(None).to_numpy("datetime64[us]")
        return np.where(dates.isna(), np.nan, numbers.astype(np.float64))
    try:
        return series.astype(object).where(series.notna(), np.nan).to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected numbers in column {column.name!r}, got text ({error}). "
            f'Give it another kind: kinds={{{column.name!r}: "category"}}.'
        ) from None


def to_dates(column: Column, series: Any) -> Any:
    """Return dates, or text that holds dates, as a series of dates in UTC.

    Raises:
      ValueError: If a value is not a date.
    """
    pandas = require("pandas", "tables")
    try:
        date_format = column.date_format or "ISO8601"
        return pandas.to_datetime(series, format=date_format, utc=True)
    except (TypeError, ValueError) as error:
        known = ", ".join(DATE_FORMATS)
        raise ValueError(
            f"Expected dates in column {column.name!r}, got something else ({error}). "
            f"Write them in one format ({known}), or use kinds={{{column.name!r}: "
            '"category"}.'
        ) from None


def to_codes(column: Column, series: Any) -> np.ndarray:
    """Return the index of each value in `column.levels`, int64 [n].

    Raises:
      ValueError: If a value is not one of the levels.
    """
    index = {level: code for code, level in enumerate(column.levels)}
    values = [*map(plain_value, series)]
    unknown = next((value for value in values if value not in index), None)
    if unknown is not None or (None in values and None not in index):
        raise ValueError(
            f"Expected one of the {len(index)} values of column {column.name!r} that "
            f"the table was learned from, got {unknown!r}. Learn the table from rows "
            "that contain it, or leave the row out."
        )
    return np.array([index[value] for value in values], np.int64)


def as_arrays(columns: Mapping[Any, Column], frame: Any) -> tuple[dict, dict]:
    """Return codes of columns with levels [n], and numbers of others [n], by name."""
    codes = {n: to_codes(c, frame[n]) for n, c in columns.items() if c.levels}
    numbers = {n: to_numbers(c, frame[n]) for n, c in columns.items() if not c.levels}
    return codes, numbers


def from_codes(column: Column, codes: np.ndarray) -> Any:
    """Return the levels of codes [n] as a series of the column's data type."""
    return _series(column, [column.levels[code] for code in codes])


def from_numbers(column: Column, numbers: np.ndarray) -> Any:
    """Return numbers [n], NaN for missing, as a series of the column's data type."""
    missing = np.isnan(numbers)
    filled = np.where(missing, 0, numbers)
    if column.kind == "date":
        return _dates(column, filled.astype(np.int64), missing)
    integers = column.dtype.lower().lstrip("u").startswith("int")
    if integers:
        info = np.iinfo(column.dtype.lower())
        # The largest float64 below 2**63, which rounds up to it, is 1,024 less.
        largest = min(float(info.max), 2.0**63 - 1024)
        filled = np.clip(filled, float(info.min), largest).astype(np.int64)
    if not missing.any():
        return _series(column, filled)
    gaps = zip(filled, missing, strict=True)
    return _series(column, [None if gap else value for value, gap in gaps])


def _dates(column: Column, microseconds: np.ndarray, missing: np.ndarray) -> Any:
    """Return dates as a series of the column's data type, or as text."""
    pandas = require("pandas", "tables")
    dates = pandas.Series(microseconds.astype("datetime64[us]")).mask(missing)
    if column.date_format:
        text = dates.dt.strftime(column.date_format).astype(object)
        return _series(column, text.mask(missing, None))
    if ", " in column.dtype:  # a time zone
        dates = dates.dt.tz_localize("UTC")
    return _series(column, dates)


def _series(column: Column, values: Sequence[Any] | np.ndarray) -> Any:
    """Return values as a series; None is a missing value."""
    pandas = require("pandas", "tables")
    if column.dtype == "category":
        dtype = pandas.CategoricalDtype([*column.categories], ordered=column.ordered)
        return pandas.Series(values, name=column.name, dtype=dtype)
    if column.dtype.startswith("float"):
        return pandas.Series(values, name=column.name, dtype=column.dtype)
    series = pandas.Series(values, name=column.name, dtype=object)
    if column.dtype == "object":
        return series.where(series.notna(), np.nan)  # as pandas reads gaps in files
    return series.astype(column.dtype)
