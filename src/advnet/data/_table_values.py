"""Values of a table as plain Python values, the formats of dates, and decimals."""

import datetime
import math
from typing import Any, Literal

import numpy as np

from advnet._extras import require

Kind = Literal["continuous", "integer", "category", "boolean", "date", "constant"]

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
)

_MAX_DECIMALS = 9
_MAX_EXACT = 2.0**53


def plain_value(value: Any) -> Any:
    """Return a cell as text, a number, a truth value, or None if it is missing.

    Raises:
      ValueError: If the cell holds something else.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is require("pandas", "tables").NA:
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str | bool | int | float):
        return value
    if value is require("pandas", "tables").NaT:
        return None
    if isinstance(value, datetime.date):
        return str(value)
    raise ValueError(
        "Expected text, numbers, truth values or dates in a table, got "
        f"{type(value).__name__} {value!r:.40}. Convert the column, or leave it out."
    )


def find_date_format(series: Any) -> str | None:
    """Return the format of text that holds dates, None if it does not.

    The format writes every date exactly as it was.
    """
    pandas = require("pandas", "tables")
    if not len(series) or not all(isinstance(value, str) for value in series):
        return None
    for date_format in DATE_FORMATS:
        try:
            dates = pandas.to_datetime(series, format=date_format)
        except (TypeError, ValueError):
            continue
        if (dates.dt.strftime(date_format) == series).all():
            return date_format
    return None


def find_grid(values: np.ndarray, *, single: bool) -> tuple[int | None, float]:
    """Return the number of decimals, and the step of the grid that holds all values.

    Args:
      values: Numbers [n].
      single: Whether the numbers were float32.

    Returns:
      The decimals, and the step; (None, 0.0) if the values have no decimals.
    """
    cast = (lambda x: x.astype(np.float32)) if single else (lambda x: x)
    for decimals in range(_MAX_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if np.abs(scaled).max(initial=0) >= _MAX_EXACT:
            break
        if np.array_equal(cast(np.round(values, decimals)), cast(values)):
            units = np.rint(scaled).astype(np.int64)
            step = int(np.gcd.reduce(units - units.min())) or 1
            return decimals, step / 10.0**decimals
    return None, 0.0


def snap(
    values: np.ndarray, low: float, decimals: int | None, step: float
) -> np.ndarray:
    """Round values [n] to the grid of a column that starts at `low`."""
    if decimals is None:
        return values
    on_grid = low + np.rint((values - low) / step) * step
    return np.round(on_grid, decimals)
