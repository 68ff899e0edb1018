"""Codes of the numbers of a table: residuals of predictions, as normal scores."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from advnet.data._table_columns import Column
from advnet.data._table_numbers import (
    Prediction,
    Scores,
    fit_prediction,
    log_like,
    log_scale,
)
from advnet.data._table_values import snap

MIN_GAIN = 0.4  # share of the mean absolute error that a prediction has to remove


class Codec(NamedTuple):
    """Map between the numbers of one column and codes that are about normal.

    Attributes:
      name: Name of the column.
      fill: Value that stands for a missing one where other columns are predicted.
      log_scale: Scale of the column's logarithm as a feature, 0 without.
      scores: Map from values, or residuals of the prediction, to normal scores.
      prediction: Prediction from the columns before; None if it does not help.
    """

    name: Any
    fill: float
    log_scale: float
    scores: Scores
    prediction: Prediction | None = None

    def features(self, values: np.ndarray) -> list[np.ndarray]:
        """Return what later columns are predicted from, arrays [n]."""
        if not self.log_scale:
            return [values]
        return [values, log_like(values, self.log_scale)]


def order_of(values: Mapping[Any, np.ndarray]) -> list[Any]:
    """Return names of columns, those with the most repeated values first.

    A column whose values are spiked or coarse keeps its distribution exactly when it
    is coded by itself. A column of fine values can follow as a residual.
    """

    def repetition(name: Any) -> float:
        present = values[name][~np.isnan(values[name])]
        shares = np.unique(present, return_counts=True)[1] / max(len(present), 1)
        return float((shares**2).sum())

    return sorted(values, key=lambda name: -repetition(name))


def fit_codecs(
    columns: Mapping[Any, Column],
    values: Mapping[Any, np.ndarray],
    indicators: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> list[Codec]:
    """Learn the codecs of all columns of numbers, in the order of decoding.

    Args:
      columns: Schemas by name.
      values: Numbers [n] by name, NaN for missing.
      indicators: Features of the categories, arrays [n].
      rng: Source of the noise within one step of a grid.
    """
    features = [*indicators]
    codecs = []
    for name in order_of(values):
        present = ~np.isnan(values[name])
        fill = float(np.median(values[name][present]))
        filled = np.where(present, values[name], fill)
        column = columns[name]
        scale = 0.0 if column.kind == "date" else log_scale(filled[present])
        known = _stack(features, len(filled))[present]
        prediction = fit_prediction(
            filled[present], known, scale=scale, step=column.step, min_gain=MIN_GAIN
        )
        noisy = _dequantize(filled, column, rng)[present]
        if prediction is not None:
            noisy = prediction.target(noisy) - prediction(known)
        codec = Codec(name, fill, scale, Scores.of(noisy), prediction)
        codecs.append(codec)
        features += codec.features(filled)
    return codecs


def encode_numbers(
    codecs: Sequence[Codec],
    columns: Mapping[Any, Column],
    values: Mapping[Any, np.ndarray],
    indicators: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Return the codes [n] of each codec; a missing value gets a random code."""
    features = [*indicators]
    codes = []
    for codec in codecs:
        missing = np.isnan(values[codec.name])
        filled = np.where(missing, codec.fill, values[codec.name])
        target = _dequantize(filled, columns[codec.name], rng)
        if codec.prediction is not None:
            predicted = codec.prediction(_stack(features, len(features[0])))
            target = codec.prediction.target(target) - predicted
        code = codec.scores.encode(target, rng)
        codes.append(np.where(missing, rng.normal(size=len(code)), code))
        features += codec.features(filled)
    return codes


def decode_numbers(
    codecs: Sequence[Codec],
    columns: Mapping[Any, Column],
    codes: Sequence[np.ndarray],
    missing: Mapping[Any, np.ndarray],
    indicators: Sequence[np.ndarray],
    *,
    extrapolate: bool = False,
) -> dict[Any, np.ndarray]:
    """Return numbers [n] by name from the codes of each codec; NaN where missing."""
    features = [*indicators]
    values = {}
    for codec, code in zip(codecs, codes, strict=True):
        column = columns[codec.name]
        target = codec.scores.decode(code, extrapolate=extrapolate)
        if codec.prediction is not None:
            predicted = codec.prediction(_stack(features, len(features[0])))
            target = codec.prediction.values(target + predicted)
        if not extrapolate:
            target = np.clip(target, column.low, column.high)
        number = snap(target, column.low, column.decimals, column.step)
        gaps = missing.get(codec.name, np.zeros(len(number), bool))
        features += codec.features(np.where(gaps, codec.fill, number))
        values[codec.name] = np.where(gaps, np.nan, number)
    return values


def _stack(features: Sequence[np.ndarray], num: int) -> np.ndarray:
    """Return features as columns [num, f]; f may be 0."""
    return np.stack(features, axis=1) if features else np.zeros((num, 0))


def _dequantize(
    values: np.ndarray, column: Column, rng: np.random.Generator
) -> np.ndarray:
    """Spread values over one step of their grid, which `snap` undoes."""
    # A little less than the step, so that rounding never reaches the next value.
    return values + column.step * rng.uniform(-0.499, 0.499, len(values))
