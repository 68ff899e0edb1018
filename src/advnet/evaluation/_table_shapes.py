"""Distributions of columns and of pairs of columns."""

import itertools
import math

import numpy as np

from advnet.evaluation._result import MetricResult
from advnet.evaluation._table_frames import ColumnPair

_NUM_BINS = 10


def column_shapes(columns: list[ColumnPair]) -> tuple[MetricResult, ...]:
    """Return the distances of all columns, their means, and the score."""
    categories = [_total_variation(c) for c in columns if not c.is_number]
    numbers = [_kolmogorov(c) for c in columns if c.is_number]
    gaps = [_missing(c) for c in columns if c.is_number and _has_gaps(c)]
    results = [*categories, *numbers, *gaps]
    for part, name in ((categories, "categories"), (numbers, "numbers")):
        if part:
            results.append(_mean(part, part[0].name, f"all {name} (mean)"))
    score = _mean([*categories, *numbers], "column shapes", "all columns")
    return (*results, score._replace(value=1 - score.value))


def pair_trends(columns: list[ColumnPair]) -> tuple[MetricResult, ...]:
    """Return the scores of all pairs, and their mean."""
    pairs = []
    for first, second in itertools.combinations(columns, 2):
        if first.is_number and second.is_number:
            score = _correlation_similarity(first, second)
        else:
            score = _contingency_similarity(first, second)
        if not math.isnan(score.value):
            pairs.append(score)
    if not pairs:
        raise ValueError("Expected at least two columns that vary, got fewer.")
    return (*pairs, _mean(pairs, "pair trends", "all pairs"))


def _mean(parts: list[MetricResult], name: str, features: str) -> MetricResult:
    """Return the mean of results; errors of columns may be fully correlated."""
    return MetricResult(
        name,
        float(np.mean([part.value for part in parts])),
        float(np.mean([part.standard_error for part in parts])),
        num_real=parts[0].num_real,
        num_fake=parts[0].num_fake,
        features=features,
    )


def _event_error(p: float, q: float, num: int, num_fake: int) -> float:
    """Return the standard error of a difference of two shares."""
    return math.sqrt(p * (1 - p) / num + q * (1 - q) / num_fake)


def _total_variation(column: ColumnPair) -> MetricResult:
    value, error = _variation(*column.sides)
    counts = map(len, column.sides)
    return MetricResult(
        "total variation", value, error, *counts, features=f"column {column.name}"
    )


def _variation(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Return the total variation of codes, and its standard error."""
    size = int(max(real.max(), fake.max())) + 1
    p, q = (np.bincount(x, minlength=size) / len(x) for x in (real, fake))
    more = p > q
    shares = float(p[more].sum()), float(q[more].sum())
    return shares[0] - shares[1], _event_error(*shares, len(real), len(fake))


def _kolmogorov(column: ColumnPair) -> MetricResult:
    """Return the largest difference of the distribution functions."""
    real, fake = (np.sort(x[~np.isnan(x)]) for x in column.sides)
    name = "Kolmogorov distance"
    features = f"column {column.name}"
    if not len(real) or not len(fake):
        value = 0.0 if len(real) == len(fake) else 1.0
        return MetricResult(name, value, 0.0, len(real), len(fake), features)
    values = np.concatenate([real, fake])
    p, q = (np.searchsorted(x, values, side="right") / len(x) for x in (real, fake))
    at = int(np.abs(p - q).argmax())
    error = _event_error(float(p[at]), float(q[at]), len(real), len(fake))
    value = float(np.abs(p[at] - q[at]))
    return MetricResult(name, value, error, len(real), len(fake), features)


def _has_gaps(column: ColumnPair) -> bool:
    return any(np.isnan(side).any() for side in column.sides)


def _missing(column: ColumnPair) -> MetricResult:
    """Return the difference of the shares of missing values."""
    p, q = (float(np.isnan(side).mean()) for side in column.sides)
    counts = [*map(len, column.sides)]
    return MetricResult(
        "missing values",
        abs(p - q),
        _event_error(p, q, *counts),
        *counts,
        features=f"column {column.name}",
    )


def _correlation_similarity(first: ColumnPair, second: ColumnPair) -> MetricResult:
    correlations, counts, errors = [], [], []
    for x, y in zip(first.sides, second.sides, strict=True):
        present = ~(np.isnan(x) | np.isnan(y))
        x, y = x[present], y[present]
        counts.append(len(x))
        varies = len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0
        r = float(np.corrcoef(x, y)[0, 1]) if varies else math.nan
        correlations.append(r)
        errors.append((1 - r**2) / math.sqrt(max(len(x), 1)))
    return MetricResult(
        "correlation similarity",
        1 - abs(correlations[0] - correlations[1]) / 2,
        math.hypot(*errors) / 2,
        *counts,
        features=f"columns {first.name}, {second.name}",
    )


def _contingency_similarity(first: ColumnPair, second: ColumnPair) -> MetricResult:
    codes = [_bins(column) for column in (first, second)]
    size = int(max(side.max() for side in codes[1])) + 1
    joint = [x * size + y for x, y in zip(*codes, strict=True)]
    compact = np.unique(np.concatenate(joint), return_inverse=True)[1]
    value, error = _variation(compact[: len(joint[0])], compact[len(joint[0]) :])
    return MetricResult(
        "contingency similarity",
        1 - value,
        error,
        *map(len, joint),
        features=f"columns {first.name}, {second.name}",
    )


def _bins(column: ColumnPair) -> tuple[np.ndarray, ...]:
    """Return codes; numbers are divided by the range of the real ones."""
    if not column.is_number:
        return column.sides
    real = column.sides[0]
    present = real[~np.isnan(real)]
    if not len(present):
        return tuple(np.isnan(side).astype(np.int64) for side in column.sides)
    inner = np.histogram_bin_edges(present, bins=_NUM_BINS)[1:-1]
    return tuple(
        np.where(np.isnan(side), _NUM_BINS, np.digitize(side, inner))
        for side in column.sides
    )
