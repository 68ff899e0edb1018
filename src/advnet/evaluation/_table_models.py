"""Boosted trees that tell rows apart, and that predict a column."""

import contextlib
import math
from typing import Any

import numpy as np

from advnet._extras import require
from advnet.evaluation._result import MetricResult
from advnet.evaluation._table_frames import ColumnPair, feature_matrix

MIN_ROWS = 20  # of each side
_NUM_FOLDS = 3
_MAX_ROWS_OF_A_THREAD = 5_000


def detection(columns: list[ColumnPair], seed: int) -> MetricResult:
    """Return the accuracy of trees that tell the two frames apart."""
    selection = require("sklearn.model_selection", "tables")
    ensemble = require("sklearn.ensemble", "tables")
    sides = [feature_matrix(columns, side) for side in (0, 1)]
    num = min(map(len, sides))
    _check_rows(num)
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.permutation(side)[:num] for side in sides])
    y = np.repeat([0, 1], num)
    folds = selection.StratifiedKFold(_NUM_FOLDS, shuffle=True, random_state=seed)
    trees = ensemble.HistGradientBoostingClassifier(random_state=seed)
    with _threads(len(y)):
        predicted = selection.cross_val_predict(trees, x, y, cv=folds)
    accuracy = float((predicted == y).mean())
    return MetricResult(
        "detection accuracy",
        accuracy,
        math.sqrt(accuracy * (1 - accuracy) / len(y)),
        num,
        num,
        features="boosted trees",
    )


def find_target(columns: list[ColumnPair], target: Any) -> ColumnPair:
    """Return the column to predict.

    Raises:
      KeyError: If there is no column of that name.
    """
    if target is None:
        varied = [column for column in columns if _varies(column.sides[0])]
        return (varied or columns)[-1]
    for column in columns:
        if column.name == target:
            return column
    raise KeyError(
        f"Expected a target among the columns {[c.name for c in columns]}, got "
        f"{target!r}. Correct the name."
    )


def usefulness(columns: list[ColumnPair], target: Any, seed: int) -> MetricResult:
    """Return how well trees that are taught by the second frame predict the first."""
    ensemble = require("sklearn.ensemble", "tables")
    chosen = find_target(columns, target)
    predictors = [column for column in columns if column.name != chosen.name]
    if not predictors:
        raise ValueError("Expected at least two columns, got one: nothing predicts it.")
    x, y, features = [], [], f"column {chosen.name}"
    for side in (0, 1):
        values = chosen.sides[side]
        known = ~np.isnan(values) if chosen.is_number else np.full(len(values), True)
        _check_rows(int(known.sum()))
        x.append(feature_matrix(predictors, side)[known])
        y.append(values[known])
    if not _varies(y[0]) or not _varies(y[1]):
        raise ValueError(f"Expected a target that varies, got constant {features}.")
    counts = len(y[0]), len(y[1])
    if chosen.is_number:
        trees = ensemble.HistGradientBoostingRegressor(random_state=seed)
        with _threads(counts[1]):
            predicted = trees.fit(x[1], y[1]).predict(x[0])
        value, error = _r_squared(y[0], predicted)
        return MetricResult("usefulness (R²)", value, error, *counts, features)
    trees = ensemble.HistGradientBoostingClassifier(random_state=seed)
    with _threads(counts[1]):
        right = trees.fit(x[1], y[1]).predict(x[0]) == y[0]
    value = float(right.mean())
    error = math.sqrt(value * (1 - value) / len(right))
    return MetricResult("usefulness (accuracy)", value, error, *counts, features)


def _r_squared(y: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Return R² and its standard error, that of a ratio of two means."""
    errors, deviations = (y - predicted) ** 2, (y - y.mean()) ** 2
    ratio = float(errors.mean() / deviations.mean())
    influence = (errors - ratio * deviations) / deviations.mean()
    return 1 - ratio, float(influence.std(ddof=1) / math.sqrt(len(y)))


def _threads(num_rows: int) -> contextlib.AbstractContextManager:
    """Return a context in which trees for few rows are grown by one thread.

    Several threads gain nothing there, and wait for each other on busy processors.
    """
    if num_rows > _MAX_ROWS_OF_A_THREAD:
        return contextlib.nullcontext()
    return require("threadpoolctl", "tables").threadpool_limits(1, user_api="openmp")


def _varies(values: np.ndarray) -> bool:
    present = values[~np.isnan(values)]
    return len(present) > 0 and bool((present != present[0]).any())


def _check_rows(num: int) -> None:
    if num < MIN_ROWS:
        raise ValueError(
            f"Expected at least {MIN_ROWS} rows on each side, got {num}. Draw more "
            "samples, or hold out more rows."
        )
