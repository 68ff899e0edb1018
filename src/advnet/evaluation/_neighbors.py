"""Euclidean distances and nearest neighbors in float64, computed in blocks.

Distances are matrix products. Where a product loses digits, because two examples lie
close together in comparison with their distance to the center, the distance is computed
again from differences. Equal examples have distance 0. Any data therefore have correct
distances: values far from 0, distant clusters, heavy tails, duplicates.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from advnet.evaluation._blocks import BLOCK

TIE = 1e-9
"""Relative difference below which two squared distances are equal."""

_IMPRECISE = 1e-6  # squared distance over squared norms, below which digits are lost
_EQUAL = 1e-26  # the same, below which examples differ only by their rounding
_MAX_DIFFERENCES = 1 << 22  # values in memory
_NUM_CENTERING = 1_000  # examples whose median is the center


class Points(NamedTuple):
    """Examples in a common system of coordinates.

    Attributes:
      rows: Examples minus the center, divided by `unit`, float64 [n, d].
      norms: Squared norms of `rows` [n].
      hashes: Hashes of the values of the examples [n]: equal for equal examples.
      unit: Length of the coordinates 1, in the unit of the data.
    """

    rows: np.ndarray
    norms: np.ndarray
    hashes: np.ndarray
    unit: float

    def take(self, index: slice | np.ndarray) -> "Points":
        """Return some of the examples."""
        return Points(
            self.rows[index], self.norms[index], self.hashes[index], self.unit
        )

    def blocks(self) -> list[slice]:
        """Return the slices of consecutive blocks of examples."""
        return [slice(i, i + BLOCK) for i in range(0, len(self.rows), BLOCK)]


def align(*sides: np.ndarray) -> tuple[Points, ...]:
    """Return the points of sides [n, d] with one center and one unit.

    The center is a median, which a single distant example does not move. The unit keeps
    the squares of tiny and of huge values in the range of float64.
    """
    center = _median([_every(side, _NUM_CENTERING) for side in sides])
    sides = tuple(side.astype(np.float64) for side in sides)
    for side in sides:  # in place, because sides of large images fill the memory
        side -= center
        side += 0.0  # turns -0 into 0, so that equal examples have equal bytes
    largest = max(float(np.abs(side).max()) for side in sides)
    unit = 2.0 ** np.frexp(largest)[1] if largest else 1.0
    return tuple(_points(side, unit) for side in sides)


def _median(sides: list[np.ndarray]) -> np.ndarray:
    """Return the median of each value over the examples of all sides, float64 [d]."""
    num, values = sum(map(len, sides)), sides[0].shape[1]
    size = max(1, _MAX_DIFFERENCES // num)
    return np.concatenate(
        [
            np.median(
                np.concatenate([side[:, i : i + size] for side in sides]).astype(
                    np.float64
                ),
                axis=0,
            )
            for i in range(0, values, size)
        ]
    )


def _every(x: np.ndarray, num: int) -> np.ndarray:
    """Return about `num` evenly spaced rows, or all of fewer rows."""
    return x[:: max(1, len(x) // num)]


def _points(rows: np.ndarray, unit: float) -> Points:
    """Return centered examples [n, d] as points; they are divided in place."""
    digests = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows]
    rows /= unit
    norms = np.einsum("nd,nd->n", rows, rows)
    return Points(rows, norms, np.frombuffer(b"".join(digests), np.uint64), unit)


def squared_distances(x: Points, y: Points) -> np.ndarray:
    """Compute squared distances [n, m] in the common unit, correct to 1e-9."""
    norms = x.norms[:, None] + y.norms
    squares = np.maximum(norms - 2 * x.rows @ y.rows.T, 0)
    imprecise = squares < _IMPRECISE * norms
    equal = x.hashes[:, None] == y.hashes
    squares[equal] = 0
    first, second = np.nonzero(imprecise & ~equal)
    size = max(1, _MAX_DIFFERENCES // x.rows.shape[1])
    for start in range(0, len(first), size):
        i, j = first[start : start + size], second[start : start + size]
        differences = x.rows[i] - y.rows[j]
        squares[i, j] = np.einsum("pd,pd->p", differences, differences)
    squares[squares <= _EQUAL * norms] = 0
    return squares


def nearest_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the nearest x [n, d] for each y [m, d], and the distance.

    Of equal distances, the first counts, whatever their rounding.
    """
    x_points, y_points = align(x, y)
    indices, distances = [], []
    for block in y_points.blocks():
        squares = squared_distances(y_points.take(block), x_points)
        shortest = squares.min(axis=1, keepdims=True)
        nearest = (squares <= shortest * (1 + TIE)).argmax(axis=1)
        indices.append(nearest)
        distances.append(np.sqrt(squares[np.arange(len(nearest)), nearest]))
    return np.concatenate(indices), np.concatenate(distances) * x_points.unit


class Balls(NamedTuple):
    """Balls around examples that reach to the k-th nearest neighbor of each example.

    Attributes:
      squared_radii: Squared radii with a margin for rounding, in the common unit [n].
      num_inside: Number of other examples in each ball [n]: k, or more among equal
        distances.
    """

    squared_radii: np.ndarray
    num_inside: np.ndarray


def neighbor_balls(x: Points, k: int) -> Balls:
    """Return the balls of examples; each contains its boundary."""
    radii, counts = [], []
    for block in x.blocks():
        squares = squared_distances(x.take(block), x)
        rows = np.arange(len(squares))
        squares[rows, block.start + rows] = np.inf  # not its own neighbor
        radius = np.partition(squares, k - 1, axis=1)[:, k - 1] * (1 + TIE)
        radii.append(radius)
        counts.append((squares <= radius[:, None]).sum(axis=1))
    return Balls(np.concatenate(radii), np.concatenate(counts))
