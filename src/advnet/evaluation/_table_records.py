"""Distances of rows to the closest record, and copies."""

import math

import numpy as np

from advnet.evaluation._result import MetricResult
from advnet.evaluation._table_frames import ColumnPair

MAX_ROWS = 2_000  # of each side but the training rows, because all pairs are compared
_BLOCK = 100  # rows at a time, to bound memory
_TRAIN, _REAL, _FAKE = 0, 1, 2


def closest_records(
    columns: list[ColumnPair], rng: np.random.Generator
) -> tuple[MetricResult, ...]:
    """Return distances and shares of copies; the sides are train, real and fake."""
    sides = [_coordinates(columns, side) for side in range(3)]
    train = sides[_TRAIN]
    real, fake = (rng.permutation(side)[:MAX_ROWS] for side in sides[1:])
    to_train = {
        "samples": _distances(fake, train),
        "real rows": _distances(real, train),
    }
    results = [
        _median("distance to the closest record", distances, name, len(train))
        for name, distances in to_train.items()
    ]
    results += [
        _share("copies", distances == 0, name, len(train))
        for name, distances in to_train.items()
    ]
    num = min(len(train), len(real))
    to_part = _distances(fake, rng.permutation(train)[:num])
    to_real = _distances(fake, real[:num])
    closer = (to_part < to_real) + 0.5 * (to_part == to_real)
    return (*results, _share("closer to training rows", closer, "samples", num))


def _coordinates(columns: list[ColumnPair], side: int) -> np.ndarray:
    """Return rows as points whose distance is the sum of absolute differences."""
    parts = []
    for column in columns:
        values = column.sides[side]
        if not column.is_number:
            size = int(max(x.max() for x in column.sides)) + 1
            parts.append(np.eye(size)[values] / 2)  # two differ in two entries
            continue
        train = column.sides[_TRAIN]
        known = train[~np.isnan(train)]
        center = np.median(known) if len(known) else 0.0
        spread = np.abs(known - center).mean() if len(known) else 0.0
        missing = np.isnan(values)
        scaled = (np.where(missing, center, values) - center) / (spread or 1.0)
        parts += [scaled[:, None], missing[:, None].astype(np.float64)]
    return np.concatenate(parts, axis=1).astype(np.float32) / len(columns)


def _distances(rows: np.ndarray, records: np.ndarray) -> np.ndarray:
    """Return the distance of each row [n] to the closest record."""
    blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    return np.concatenate([_block_distances(block, records) for block in blocks])


def _block_distances(rows: np.ndarray, records: np.ndarray) -> np.ndarray:
    total = np.zeros((len(rows), len(records)), np.float32)
    for index in range(rows.shape[1]):
        total += np.abs(rows[:, index, None] - records[None, :, index])
    return total.min(axis=1)


def _median(name: str, values: np.ndarray, side: str, num: int) -> MetricResult:
    """Return a median; its error is from the quantiles one deviation apart."""
    reach = 0.5 / math.sqrt(len(values))
    low, high = np.quantile(values, [max(0.5 - reach, 0), min(0.5 + reach, 1)])
    error = float(high - low) / 2
    return MetricResult(name, float(np.median(values)), error, num, len(values), side)


def _share(name: str, hits: np.ndarray, side: str, num: int) -> MetricResult:
    value = float(hits.mean())
    error = math.sqrt(value * (1 - value) / len(hits))
    return MetricResult(name, value, error, num, len(hits), side)
