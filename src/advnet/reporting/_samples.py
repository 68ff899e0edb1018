"""Samples, interpolations and neighbors of the report, with their captions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from advnet.reporting._charts import Chart
from advnet.reporting._clouds import MAX_COLUMNS, MAX_DOTS, clouds, paths
from advnet.reporting._columns import MAX_CHARTS, Column, describe_row, marginals
from advnet.reporting._dependence import dependence
from advnet.reporting._pictures import Picture, picture, tile
from advnet.reporting._series import (
    MAX_CHANNELS,
    draw_channels,
    draw_lines,
    draw_neighbors,
    draw_steps,
)
from advnet.reporting._words import count, number

# Values a grid may hold: 100 color images of 32 x 32 pixels, or a third of that in each
# frame of an animation.
_MAX_GRID, _MAX_FRAME = 320_000, 100_000
_MAX_IMAGES, _MAX_FRAME_DOTS, _MAX_PAIRS = 100, 500, 20


class Group(NamedTuple):
    """Drawings that belong together.

    Attributes:
      pictures: Images to draw.
      charts: Charts to draw.
      caption: Text to print beside or below them.
    """

    pictures: Sequence[Picture]
    charts: Sequence[Chart]
    caption: str = ""


class Names(NamedTuple):
    """Names of the values of an example; both are empty for vectors and images.

    Attributes:
      columns: Columns of a table, whose rows [d] are the examples.
      channels: Channels of series, examples [t, c].
    """

    columns: Sequence[Column] = ()
    channels: Sequence[str] = ()


_NO_NAMES = Names()


class Pair(NamedTuple):
    """A vector and its nearest training example, as text.

    Attributes:
      sample: The first values of the sample.
      neighbor: The first values of the training example.
      distance: Euclidean distance between them; for rows of a table, the number of
        equal values.
    """

    sample: str
    neighbor: str
    distance: str


def draw_samples(
    x: np.ndarray, data: np.ndarray | None, names: Names = _NO_NAMES
) -> Group:
    """Draw samples [n, ...]: images as a grid, all others beside or over the data."""
    if x.ndim == 4:
        grid, num = _grid(x, _MAX_GRID, "samples")
        selection = "" if num == len(x) else f", the first of {len(x):,}"
        caption = f"{count(num, 'sample')}{selection}, drawn at random, not chosen."
        return Group([grid], [], f"{caption} {_clipping(x)}")
    arrays = [x] if data is None else [x, data]
    caption = f"{count(len(x), 'sample')}, drawn at random, not chosen"
    caption += "." if data is None else f", and {count(len(data), 'real example')}."
    if names.channels:
        caption += f" {_note_windows(names.channels)}"
        return Group([], draw_channels(x, data, names.channels), caption)
    if names.columns:
        caption += _note_shown(names.columns, MAX_CHARTS, "columns")
        return Group([], marginals(names.columns, [x], data), caption)
    caption += _note_columns(x)
    if x.shape[1] == 2 and max(map(len, arrays)) > MAX_DOTS:
        caption += f" The chart shows at most {MAX_DOTS:,} of each."
    num_missing = sum(int((~np.isfinite(array)).sum()) for array in arrays)
    if num_missing:
        caption += f" {count(num_missing, 'value')} not finite, left out."
    return Group([], clouds([x], data), caption)


def draw_dependence(
    x: np.ndarray, data: np.ndarray | None, columns: Sequence[Column]
) -> Group | None:
    """Draw matrices of the dependence of columns, if there are two and data."""
    if data is None or len(columns) < 2 or min(len(x), len(data)) < 2:
        return None
    charts, difference = dependence(columns, x, data)
    caption = (
        "Correlation of two columns of numbers, correlation ratio of a number and a "
        "category, Cramér's V of two categories. The stronger the color, the stronger "
        "the dependence; an empty cell is 0 or not defined. " + difference
    )
    caption += _note_shown(columns, MAX_CHARTS, "columns")
    return Group([], charts, caption.rstrip())


def draw_pairs(
    x: np.ndarray, neighbors: np.ndarray, names: Names = _NO_NAMES
) -> Group | Sequence[Picture | Pair]:
    """Show the first samples beside their nearest training examples [p, ...]."""
    if names.channels:
        return Group([], draw_neighbors(x, neighbors, names.channels))
    pairs = list(zip(x, neighbors, strict=False))[:_MAX_PAIRS]
    if x.ndim == 4:
        return [
            picture(
                tile(np.stack(pair), columns=2),
                f"Sample {index} and the training example nearest to it.",
                width=170,
            )
            for index, pair in enumerate(pairs, 1)
        ]
    if names.columns:
        return [_pair_of_rows(names.columns, *pair) for pair in pairs]
    return [
        Pair(_vector(a), _vector(b), number(float(np.linalg.norm(a - b))))
        for a, b in pairs
    ]


def draw_interpolations(
    rows: np.ndarray,
    x: np.ndarray,
    data: np.ndarray | None,
    names: Names = _NO_NAMES,
) -> Group:
    """Draw samples along lines in z [rows, steps, ...]."""
    num, steps, *shape = rows.shape
    caption = f"{count(num, 'line')} in z with {steps} points each, mapped to samples."
    if names.channels:
        caption += " The color becomes stronger along a line."
        return Group([], draw_lines(rows, names.channels), caption)
    if len(shape) == 3:
        alt = f"{count(num, 'row')} of {steps} samples that change step by step."
        grid = picture(tile(rows.reshape(-1, *shape), steps), alt)
        return Group([grid], [], f"{caption} {_clipping(rows)}")
    if names.columns:
        numbers = [i for i, c in enumerate(names.columns) if not c.levels]
        titles = [names.columns[i].name for i in numbers]
        rows = rows[..., numbers]
        caption += _note_shown(titles, MAX_COLUMNS, "columns of numbers")
        return Group([], paths(rows, x, data, titles=titles), caption)
    return Group([], paths(rows, x, data), caption + _note_columns(x))


def draw_frames(
    frames: Sequence[np.ndarray], data: np.ndarray | None, names: Names = _NO_NAMES
) -> Group:
    """Draw samples at several steps: batches [n, ...] or finished images [h, w, c].

    Images give one picture per step. Vectors give charts that hold all steps.
    """
    if frames and names.channels:
        return Group([], draw_steps(frames, names.channels, group="frame"))
    if frames and frames[0].ndim == 2:
        real = None if data is None else data[:_MAX_FRAME_DOTS]
        vectors = [frame[:_MAX_FRAME_DOTS] for frame in frames]
        if names.columns:
            return Group([], marginals(names.columns, vectors, real, group="frame"))
        return Group([], clouds(vectors, real, group="frame"))
    pictures = [
        picture(frame, "Samples during training.")
        if frame.ndim == 3
        else _grid(frame, _MAX_FRAME, "samples during training")[0]
        for frame in frames
    ]
    return Group(pictures, [])


def _clipping(x: np.ndarray) -> str:
    """Return a note on the values that an image cannot show."""
    num_missing = int((~np.isfinite(x)).sum())
    outside = float(np.mean((x < 0) | (x > 1)))
    share = f"{100 * outside:.2g} %" if outside else "none"
    note = f"Values are clipped to [0, 1]: {share} lay outside."
    if num_missing:
        note += f" {count(num_missing, 'value')} not finite, drawn black."
    return note


def _grid(x: np.ndarray, max_values: int, name: str) -> tuple[Picture, int]:
    """Return a grid about as wide as high, and the number of its images."""
    _, height, width, _ = x.shape
    num = max(1, min(len(x), _MAX_IMAGES, max_values // x[0].size))
    columns = min(num, max(1, round((num * height / width) ** 0.5)))
    rows = -(-num // columns)
    alt = f"A grid of {num} {name}, {rows} by {columns}."
    return picture(tile(x[:num], columns), alt), num


def _note_columns(x: np.ndarray) -> str:
    num = x.shape[1]
    if num <= MAX_COLUMNS:
        return ""
    return f" The charts show the first {MAX_COLUMNS} of {num} columns."


def _note_shown(names: Sequence, limit: int, noun: str) -> str:
    num = len(names)
    return f" Shown are the first {limit} of {num} {noun}." if num > limit else ""


def _note_windows(channels: Sequence[str]) -> str:
    note = "Windows are the first of each side; the power is that of all of them."
    return note + _note_shown(channels, MAX_CHANNELS, "channels")


def _pair_of_rows(
    columns: Sequence[Column], row: np.ndarray, neighbor: np.ndarray
) -> Pair:
    num_equal = int(((row == neighbor) | (np.isnan(row) & np.isnan(neighbor))).sum())
    sample, nearest = (describe_row(columns, x) for x in (row, neighbor))
    return Pair(sample, nearest, f"{num_equal} of {len(row)}")


def _vector(x: np.ndarray) -> str:
    text = ", ".join(number(value) for value in x[:4])
    return text + (", …" if len(x) > 4 else "")
