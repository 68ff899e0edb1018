"""Transforms of numbers: quantiles to normal scores, and robust linear prediction."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

_NUM_LEVELS = 1_000  # of the probability, evenly spaced
_NUM_TAIL_LEVELS = 200  # evenly spaced in normal scores, so that tails have some too
_MAX_SCORE = 4.5
# Probability of the scores beyond each extreme value: of half a row among few rows,
# of up to three rows among many. Generators rarely reach scores further out, and
# would miss an extreme value that is far from all others.
_EDGE, _MIN_ROWS, _MAX_ROWS = 3e-4, 0.5, 3.0
_RIDGE = 1e-9  # of the mean square of standardized features
_NUM_REWEIGHTINGS = 8
_OUTLIERS = 0.05  # share of the largest errors that do not count in a comparison
_MAX_LOG = 500.0  # of a prediction, far from an overflow


class Scores(NamedTuple):
    """Monotone map between values and standard normal scores.

    Attributes:
      values: Quantiles of the values, nondecreasing [k].
      num: Number of values that the quantiles were computed from.
    """

    values: np.ndarray
    num: int

    @classmethod
    def of(cls, values: np.ndarray) -> "Scores":
        """Learn the map from values [n], n >= 1."""
        edge = _edge(len(values))
        ranks = (ndtr(_normal_scores(len(values))) - edge) / max(1 - 2 * edge, edge)
        return cls(np.quantile(values, np.clip(ranks, 0, 1)), len(values))

    @property
    def scores(self) -> np.ndarray:
        """Normal scores of the quantiles, strictly increasing [k]."""
        return _normal_scores(self.num)

    def encode(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Map values [n] to scores [n]; a repeated value gets one of its scores."""
        scores = self.scores
        knots, first = np.unique(self.values, return_index=True)
        last = np.append(first[1:], len(self.values)) - 1
        values = np.clip(values, knots[0], knots[-1])
        index = np.searchsorted(knots, values, side="right") - 1
        after = np.minimum(index + 1, len(knots) - 1)
        start, end = scores[last[index]], scores[first[after]]
        gap = np.where(after > index, knots[after] - knots[index], 1.0)
        between = start + (values - knots[index]) / gap * (end - start)
        low, high = ndtr(scores[first[index]]), ndtr(scores[last[index]])
        tied = ndtri(low + rng.uniform(size=len(values)) * (high - low))
        return np.where(values == knots[index], tied, between)

    def decode(self, scores: np.ndarray, *, extrapolate: bool = False) -> np.ndarray:
        """Map scores [n] to values [n], within the range of the data by default."""
        known = self.scores
        values = np.interp(scores, known, self.values)
        if not extrapolate or len(known) < 2:
            return values
        # The mean slope of the outermost scores continues on both sides.
        reach = max(len(known) // 20, 1)
        for end, inner, sign in ((0, reach, -1), (-1, -1 - reach, 1)):
            rise = self.values[end] - self.values[inner]
            beyond = np.clip(sign * (scores - known[end]), 0, _MAX_SCORE)
            values = values + sign * beyond * rise / (known[end] - known[inner])
        return values


def normal_scores(x: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the normal scores of each value [n, d] in its column of draws [m, >= d].

    The tails of a generator may be too light to reach extreme values, or too heavy.
    """
    shares = (np.arange(len(draws)) + 0.5) / len(draws)
    columns = zip(x.T, draws.T, strict=False)
    scores = [ndtri(np.interp(values, np.sort(y), shares)) for values, y in columns]
    return np.stack(scores, axis=1).astype(x.dtype) if scores else x


def _edge(num: int) -> float:
    """Return the probability of the scores beyond each extreme of `num` values."""
    return min(max(_MIN_ROWS / num, _EDGE), _MAX_ROWS / num)


def _normal_scores(num: int) -> np.ndarray:
    """Return the scores at which quantiles of `num` values are taken, increasing."""
    edge = _edge(num)
    evenly = np.linspace(edge, 1 - edge, min(_NUM_LEVELS, num) + 1)
    tails = ndtr(np.linspace(ndtri(edge), -ndtri(edge), _NUM_TAIL_LEVELS))
    levels = np.concatenate([evenly, np.clip(tails, edge, 1 - edge)])
    return np.unique(ndtri(np.unique(levels)))


class Prediction(NamedTuple):
    """Linear function of features; the median of a target given the features.

    Attributes:
      weights: Weights of the features [f].
      bias: Constant.
      log: Whether the target is `log_like(values, scale)`.
      scale: Scale of `log_like`.
    """

    weights: np.ndarray
    bias: float
    log: bool
    scale: float

    def target(self, values: np.ndarray) -> np.ndarray:
        """Map values to the space that is linear in the features."""
        return log_like(values, self.scale) if self.log else values

    def values(self, target: np.ndarray) -> np.ndarray:
        """Invert `target`."""
        if not self.log:
            return target
        return np.sinh(np.clip(target, -_MAX_LOG, _MAX_LOG)) * self.scale

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Predict targets [n] from features [n, f]."""
        return features @ self.weights + self.bias


def log_like(values: np.ndarray, scale: float) -> np.ndarray:
    """Compute asinh(values / scale): a logarithm far above `scale`, defined at 0."""
    return np.arcsinh(values / scale)


def log_scale(values: np.ndarray) -> float:
    """Return the scale of `log_like`, or 0 if the values are not positive quantities.

    Nearly all values are far above the scale, where products become sums to within
    1e-3. A few zeros or negative outliers are tolerated.
    """
    low = float(np.quantile(values, 0.01))
    return low / 20 if low > 0 else 0.0


def fit_prediction(
    values: np.ndarray,
    features: np.ndarray,
    *,
    scale: float,
    step: float,
    min_gain: float,
) -> Prediction | None:
    """Fit the median of `values` [n], or of their logarithm, given features [n, f].

    Args:
      values: Numbers on a grid, or any numbers.
      features: Features of the same rows.
      scale: Scale of `log_like` for the logarithm, 0 to predict only the values.
      step: Step of the grid, 0 for any numbers. Errors below it do not count.
      min_gain: Share by which the scale of the errors has to become smaller.

    Returns:
      The prediction of the values or of their logarithm, whichever gives rows that were
      left out the higher likelihood; None if it does not help, or rows are few.
    """
    half = len(values) // 2
    if not features.shape[1] or half < 4 * features.shape[1]:
        return None
    scales = sorted({0.0, scale})
    none = np.zeros((len(values), 0))
    costs = [_cost(values, none, scale, step) for scale in scales]
    limit = min(costs) + math.log(1 - min_gain)
    costs = [_cost(values, features, scale, step) for scale in scales]
    if min(costs) > limit:
        return None
    return _fit(values, features, scales[int(np.argmin(costs))])


def _cost(values: np.ndarray, features: np.ndarray, scale: float, step: float) -> float:
    """Return the mean negative log-likelihood of Laplace errors on the second half."""
    half = len(values) // 2
    fitted = _fit(values[:half], features[:half], scale)
    errors = np.abs(fitted.target(values[half:]) - fitted(features[half:]))
    slope = np.hypot(values[half:], scale) if scale else np.ones(len(errors))
    errors = errors + step / 4 / slope  # the mean of a uniform error of half a step
    typical = np.sort(errors)[: math.ceil(len(errors) * (1 - _OUTLIERS))].mean()
    return math.log(max(float(typical), 1e-300)) + float(np.log(slope).mean())


def _fit(values: np.ndarray, features: np.ndarray, scale: float) -> Prediction:
    """Minimize the sum of absolute errors with reweighted least squares."""
    target = log_like(values, scale) if scale else values
    unit = float(np.abs(target - np.median(target)).mean()) or 1.0
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    y = (target - np.median(target)) / unit
    weights = np.ones(len(y))
    ridge = _RIDGE * len(y) * np.eye(design.shape[1])
    solution = np.zeros(design.shape[1])
    for _ in range(_NUM_REWEIGHTINGS):
        weighted = design * weights[:, None]
        solution = np.linalg.solve(design.T @ weighted + ridge, weighted.T @ y)
        residuals = np.abs(y - design @ solution)
        floor = max(float(np.median(residuals)), 1e-9)
        weights = floor / np.maximum(residuals, floor)
    slopes = solution[:-1] / spread * unit
    bias = solution[-1] * unit + float(np.median(target)) - float(mean @ slopes)
    return Prediction(slopes, bias, bool(scale), scale or 1.0)
