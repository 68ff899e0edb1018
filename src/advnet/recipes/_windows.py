"""Windows of a long table or array as series, split in time."""

from pathlib import Path
from typing import Any

import numpy as np

from advnet import data
from advnet._examples import require_examples
from advnet.data import Dataset, Split

_MIN_WINDOWS = 10


def load_windows(
    source: Path | np.ndarray,
    *,
    key: str | None,
    window: int,
    stride: int | None,
    time: str | None,
) -> Dataset:
    """Cut a long table into windows; its last two tenths validate and test.

    The parts do not overlap, because a window of one part would show parts of another.

    Args:
      source: A table or an array file, or an array [t, c] or [t].
      key: Name of an array in a .npz file.
      window: Rows of a window.
      stride: Rows between the starts of two windows; a quarter of a window by default.
      time: Column of a table by which its rows are sorted, and which is left out.

    Raises:
      ValueError: If there are too few rows, the array has another shape, or a column is
        missing or does not hold numbers.
    """
    rows, names = _load_rows(source, key, time)
    stride = max(1, window // 4) if stride is None else stride
    cuts = [len(rows) * 8 // 10, len(rows) * 9 // 10]
    parts = np.split(rows, cuts)
    if min(map(len, parts)) < window:
        raise ValueError(
            f"Expected at least {10 * window:,} rows for windows of {window}, got "
            f"{len(rows):,}: a tenth of the rows is held out to validate, and a tenth "
            "to test. Choose shorter windows."
        )
    train, valid, test = (Split(_cut(part, window, stride)) for part in parts)
    if len(train.x) < _MIN_WINDOWS:
        raise ValueError(
            f"Expected at least {_MIN_WINDOWS} windows to train on, got "
            f"{len(train.x)}. Choose a smaller stride or shorter windows."
        )
    name = source.name if isinstance(source, Path) else "array"
    return Dataset(
        train,
        valid,
        test,
        name=name,
        kind="series",
        channel_names=names,
        split="in order of time",
    )


def _cut(rows: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Return windows [n, window, c] of rows [t, c]."""
    views = np.lib.stride_tricks.sliding_window_view(rows, window, axis=0)
    return np.ascontiguousarray(views[::stride].swapaxes(1, 2))


def _load_rows(
    source: Path | np.ndarray, key: str | None, time: str | None
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Return rows [t, c] in the order of time, and the names of their columns."""
    is_table = isinstance(source, Path) and data.is_table(source)
    if time is not None and not is_table:
        raise ValueError(
            f"Expected a table with names of columns for time={time!r}, got "
            f"{source if isinstance(source, Path) else 'an array'}. Sort the rows, "
            "and leave time out."
        )
    if isinstance(source, Path) and is_table:
        frame = data.read_table(source)
        if time is not None:
            frame = _sort(frame, time, source)
        _check_numbers(frame, source)
        rows = require_examples(frame.to_numpy(np.float64), name=str(source))
        return rows, tuple(str(name) for name in frame.columns)
    rows = data.load_examples(source, key=key)
    if rows.ndim != 2:
        raise ValueError(
            f"Expected a long array [t, c] to cut into windows, got shape "
            f"{list(rows.shape)}. Leave window out for series [n, t, c]."
        )
    return rows, None


def _sort(frame: Any, time: str, source: Path) -> Any:
    """Return a frame sorted by a column, without the column."""
    names = [str(name) for name in frame.columns]
    if time not in names:
        raise ValueError(
            f"Expected time to name a column of {source}, got {time!r}. Its columns: "
            f"{', '.join(names)}."
        )
    return frame.sort_values(time, kind="stable").drop(columns=time)


def _check_numbers(frame: Any, source: Path) -> None:
    """Raise if a column does not hold numbers."""
    for name, kind in frame.dtypes.items():
        if kind.kind not in "biuf":
            raise ValueError(
                f"Expected numbers in every column of {source} but the time, got "
                f"{kind} in {name!r}. Name the time with --time, or leave the column "
                "out of the file."
            )
