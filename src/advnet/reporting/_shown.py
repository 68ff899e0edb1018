"""What was made, as pictures and words for the page."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from advnet.reporting import _clouds
from advnet.reporting._chart import Chart, count, number
from advnet.reporting._png import Picture, picture, tiled

# Values a grid may hold: what 100 color images of 32 by 32 pixels do, or a third of
# it in each frame of an animation.
_GRID, _FRAME = 320_000, 100_000
_MOST_IMAGES, _MOST_DOTS, _MOST_PAIRS = 100, 500, 20

Drawing = Picture | Chart


class Shown(NamedTuple):
    """Drawings that belong together, and what to say below them."""

    drawings: Sequence[Drawing]
    caption: str


class Frame(NamedTuple):
    """A moment of the training animation."""

    label: str
    drawings: Sequence[Drawing]


class Pair(NamedTuple):
    """A vector beside its nearest training example."""

    sample: str
    neighbor: str
    distance: str


def samples(x: np.ndarray, data: np.ndarray | None) -> Shown:
    """The samples [n, ...]."""
    if x.ndim == 4:
        grid, shown = _grid(x, _GRID, "samples")
        which = "" if shown == len(x) else f", the first of {len(x):,}"
        said = f"{count(shown, 'sample')}{which}, drawn at random, not chosen."
        return Shown([grid], f"{said} {clipped(x)}")
    clouds = _clouds.sides(x, data)
    said = f"{count(len(x), 'sample')}, drawn at random, not chosen"
    said += "." if data is None else f", and {count(len(data), 'real example')}."
    said += _some_columns(x)
    if x.shape[1] == 2 and max(map(len, clouds.values())) > _clouds.MOST_DOTS:
        said += f" At most {_clouds.MOST_DOTS:,} of each are drawn."
    lost = sum(int((~np.isfinite(side)).sum()) for side in clouds.values())
    said += f" {count(lost, 'value')} not finite, left out." if lost else ""
    return Shown(_clouds.charts(clouds, clouds), said)


def pairs(x: np.ndarray, neighbors: np.ndarray) -> Sequence[Picture] | Sequence[Pair]:
    """The first samples beside their nearest training examples [p, ...]."""
    both = list(zip(x, neighbors, strict=False))[:_MOST_PAIRS]
    if x.ndim == 4:
        return [
            picture(
                tiled(np.stack(pair), columns=2),
                f"Sample {index} beside the training example nearest to it.",
                width=170,
            )
            for index, pair in enumerate(both, 1)
        ]
    return [
        Pair(_vector(a), _vector(b), number(float(np.linalg.norm(a - b))))
        for a, b in both
    ]


def interpolations(rows: np.ndarray, x: np.ndarray, data: np.ndarray | None) -> Shown:
    """Lines in z, mapped [rows, steps, ...]."""
    num, steps, *shape = rows.shape
    said = f"{count(num, 'line')} in z, {steps} steps each, mapped to samples."
    if len(shape) == 3:
        flat = rows.reshape(-1, *shape)
        alt = f"{count(num, 'row')} of {steps} samples that change step by step."
        return Shown([picture(tiled(flat, steps), alt)], f"{said} {clipped(rows)}")
    drawn = _clouds.paths(rows, _clouds.sides(x, data))
    return Shown(drawn, said + _some_columns(x))


def frames(
    given: Sequence[np.ndarray], steps: Sequence[int], data: np.ndarray | None
) -> list[Frame]:
    """Samples on the way: batches [n, ...] or finished images [h, w, c]."""
    if len(given) != len(steps):
        raise ValueError(
            f"Expected a step for each frame, got {len(given)} frames and "
            f"{len(steps)} steps."
        )
    vectors = [frame[:_MOST_DOTS] for frame in given if frame.ndim == 2]
    if vectors:
        real = None if data is None else data[:_MOST_DOTS]
        axes = _clouds.sides(np.concatenate(vectors), real)
    drawn = []
    for frame, step in zip(given, steps, strict=True):
        alt = f"samples at step {step:,}"
        if frame.ndim == 2:
            shown = _clouds.sides(frame[:_MOST_DOTS], real)
            drawings = _clouds.charts(shown, axes)
        elif frame.ndim == 4:
            drawings = [_grid(frame, _FRAME, alt)[0]]
        else:
            drawings = [picture(frame, alt[:1].upper() + alt[1:] + ".")]
        drawn.append(Frame(f"step {step:,}", drawings))
    return drawn


def clipped(x: np.ndarray) -> str:
    """Says what became of values that are no shade."""
    lost = int((~np.isfinite(x)).sum())
    outside = float(np.mean((x < 0) | (x > 1)))
    said = f"{100 * outside:.2g} %" if outside else "none"
    note = f"Values are clipped to [0, 1]: {said} lay outside."
    return note + (f" {count(lost, 'value')} not finite, drawn black." if lost else "")


def _grid(x: np.ndarray, most: int, what: str) -> tuple[Picture, int]:
    """A grid about as wide as high, and how many images it holds."""
    _, height, width, _ = x.shape
    num = max(1, min(len(x), _MOST_IMAGES, most // x[0].size))
    columns = min(num, max(1, round((num * height / width) ** 0.5)))
    rows = -(-num // columns)
    alt = f"A grid of {num} {what}, {rows} by {columns}."
    return picture(tiled(x[:num], columns), alt), num


def _some_columns(x: np.ndarray) -> str:
    most = _clouds.MOST_COLUMNS
    return f" The first {most} of {x.shape[1]} columns." if x.shape[1] > most else ""


def _vector(x: np.ndarray) -> str:
    shown = ", ".join(number(value) for value in x[:4])
    return shown + (", …" if len(x) > 4 else "")
