"""Rules that compare samples with data: range, mode collapse and memorizing.

"Healthy" and "broken" refer to the runs of tests/learning, most of them with three
seeds, early in training and at the end. The comment of each threshold gives the values
of these runs that lie nearest to it.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from advnet._moments import compute_moments
from advnet.evaluation import manifolds, memorization
from advnet.evaluation.diagnosis._evidence import Evidence, random_indices
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable

OUT_OF_RANGE = 0.01
"""Threshold of the share of values out of range. Healthy: 0; broken: at least 0.08."""

MIN_SPREAD = 0.5
"""Smallest ratio of the widest range of a coordinate to the range of all values.

Collapsed samples: 0.06 to 0.3; others: 1.
"""

MIN_STEPS = 1_000
"""First step at which samples are judged; healthy digits at step 600 hardly differ."""

MIN_EXAMPLES = 20
"""Smallest number of examples for a recall."""

MAX_EXAMPLES = 200
"""Largest number of examples for a recall, which decreases with their number."""

NUM_DIVISIONS = 400
"""Number of random divisions that a failure of the samples must exceed."""

MAX_COMPARED = 1_000
"""Largest number of samples and held-out examples that are compared with the data."""

VARIANCE = 0.05
"""Threshold of the relative variance. Healthy: at least 0.15; broken: at most 0.013."""

RECALL = 0.04
"""Threshold of the recall in a plane. Healthy: at least 0.085; broken: 0.005."""

COPYING = 0.85
"""Threshold of the copying probability. Healthy: at most 0.67; broken: 0.93."""


class _Reach(NamedTuple):
    """Range of values that the generator can produce.

    Attributes:
      low: Lowest value.
      high: Highest value.
      margin: Distance beyond the range at which data still count as inside.
      subject: Subject of the sentence that describes the range.
    """

    low: float
    high: float
    margin: float
    subject: str

    def share_outside(self, x: np.ndarray) -> float:
        """Return the share of values outside the range and its margin."""
        low, high = self.low - self.margin, self.high + self.margin
        return float(np.mean((x < low) | (x > high)))


def data_out_of_range(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the generator cannot produce the values of the data."""
    data = evidence.require_finite("data")
    reach = _reach(evidence, data)
    share = reach.share_outside(data)
    if share > OUT_OF_RANGE:
        if evidence.output_range is None:
            samples = evidence.require_finite("samples")
            inside = lambda data, samples: -_range_of(samples).share_outside(data)
            _check_beyond_chance(inside, _random_rows(data, MAX_COMPARED), samples)
        yield Finding(
            "data out of range",
            rule="share of the data's values outside the generator's range above",
            value=share,
            threshold=OUT_OF_RANGE,
            observation=(
                f"{reach.subject} in [{reach.low:.3g}, {reach.high:.3g}], the data in "
                f"[{data.min():.3g}, {data.max():.3g}]"
            ),
            advice="Scale the data (pixels: x / 255), or change the output activation "
            "of the generator: sigmoid for [0, 1], tanh for [-1, 1], none otherwise.",
        )


def _reach(evidence: Evidence, data: np.ndarray) -> _Reach:
    """Return the range of the generator's output, or else that of the samples."""
    if evidence.output_range is not None:
        margin = 1e-3 * float(np.ptp(data))  # scaling of the data may round
        return _Reach(*evidence.output_range, margin, "the generator's output lies")
    samples = evidence.require_finite("samples")
    reach = _range_of(samples)
    if np.ptp(samples, axis=0).max() <= MIN_SPREAD * (reach.high - reach.low):
        raise NotApplicable(
            "samples vary too little to show their range; the rule needs output_range"
        )
    evidence.check_steps(MIN_STEPS)
    return reach


def _range_of(samples: np.ndarray) -> _Reach:
    """Return the range of the samples, with its width as the margin."""
    low, high = float(samples.min()), float(samples.max())
    return _Reach(low, high, high - low, "samples lie")


def mode_collapse(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if samples lack the variety of the data.

    The paper calls this failure the Helvetica scenario: too many z map to one x.
    """
    evidence.require_finite("data")
    evidence.require_finite("samples")
    if evidence.output_range is not None and any(data_out_of_range(evidence)):
        raise NotApplicable("samples cannot reach the data")
    evidence.check_steps(MIN_STEPS)
    data, samples = _judged_rows(evidence)
    variance, recall = _relative_variance(data, samples), _recall(data, samples)
    if variance < VARIANCE:
        _check_beyond_chance(_relative_variance, data, samples)
        yield _collapse_finding(
            variance,
            recall,
            rule="variance of samples over variance of data below",
            value=variance,
            threshold=VARIANCE,
        )
    elif recall < RECALL:
        _check_beyond_chance(_recall, data, samples)
        yield _collapse_finding(
            variance,
            recall,
            rule="recall of the data in their two leading directions below",
            value=recall,
            threshold=RECALL,
        )


def _collapse_finding(
    variance: float, recall: float, *, rule: str, value: float, threshold: float
) -> Finding:
    return Finding(
        "mode collapse",
        rule=rule,
        value=value,
        threshold=threshold,
        observation=(
            f"samples have {100 * variance:.2g} % of the data's variance and recall "
            f"{100 * recall:.2g} % of the data (the Helvetica scenario)"
        ),
        advice="Train the critic more for each step of the generator (k, a higher "
        "learning rate), lower the generator's learning rate, or use "
        "losses.relativistic() with terms.r1 and terms.r2. Check that the generator "
        "uses its noise.",
    )


def _check_beyond_chance(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    data: np.ndarray,
    samples: np.ndarray,
) -> None:
    """Raise NotApplicable if a random division of all examples has as low a value.

    Rare events and heavy tails are the reason: most parts of the data lack them. If
    samples have the distribution of the data, the rule fires at most once in 400 runs.
    """
    observed, num = statistic(data, samples), len(data)
    pooled, rng = np.concatenate([data, samples]), np.random.default_rng(0)
    for _ in range(NUM_DIVISIONS):
        division = pooled[rng.permutation(len(pooled))]
        if statistic(division[:num], division[num:]) <= observed:
            raise NotApplicable(
                "random divisions of all examples into data and samples differ as much"
            )


def _judged_rows(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return equally many random rows of data and samples, or raise if too few."""
    data, samples = (evidence.require_finite(name) for name in ("data", "samples"))
    num = min(len(data), len(samples), MAX_EXAMPLES)
    if num < MIN_EXAMPLES:
        raise NotApplicable(
            f"the rule needs {MIN_EXAMPLES} training examples and samples, got {num}"
        )
    data, samples = _random_rows(data, num), _random_rows(samples, num)
    if _variance(data) == 0:
        raise NotApplicable("the data have no variance")
    return data, samples


def _variance(x: np.ndarray) -> float:
    """Return the sum of the variances of all values; constant values add nothing."""
    return float((compute_moments(x).deviation ** 2).sum())


def _relative_variance(data: np.ndarray, samples: np.ndarray) -> float:
    """Return the variance of the samples over that of the data."""
    total = _variance(data)
    return _variance(samples) / total if total else math.inf


def _recall(data: np.ndarray, samples: np.ndarray) -> float:
    """Return the recall of the data in the plane of their two leading directions."""
    center = compute_moments(data).mean
    data, samples = data - center, samples - center
    unit = np.abs(data).max() or 1.0
    # Clipping keeps squares finite; beyond this distance samples are equally far.
    data, samples = data / unit, np.clip(samples / unit, -1e3, 1e3)
    # In the 784 dimensions of a digit no ball contains another example: recall is 0.
    plane = _leading_directions(data)
    return manifolds.prdc(data @ plane, samples @ plane).recall.value


def _leading_directions(x: np.ndarray) -> np.ndarray:
    """Return the two leading directions of centered examples [n, d], as [d, 2].

    The smaller of the two matrices of products is decomposed, in a quarter of the time
    of a singular value decomposition.
    """
    if x.shape[1] <= len(x):
        return np.linalg.eigh(x.T @ x)[1][:, -2:]
    directions = x.T @ np.linalg.eigh(x @ x.T)[1][:, -2:]
    return directions / np.maximum(np.linalg.norm(directions, axis=0), 1e-30)


def _random_rows(x: np.ndarray, num: int) -> np.ndarray:
    """Return `num` random rows as float64, because data may be sorted by class."""
    return x[random_indices(len(x), num)].astype(np.float64)


def memorizing(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if samples are copies of training examples."""
    data, held_out = (evidence.require_finite(name) for name in ("data", "held_out"))
    samples = evidence.require_finite("samples")
    if min(len(held_out), len(samples)) < MIN_EXAMPLES:
        raise NotApplicable(
            f"the rule needs {MIN_EXAMPLES} samples and held-out examples"
        )
    if not VARIANCE <= _relative_variance(*_judged_rows(evidence)) <= 1 / VARIANCE:
        raise NotApplicable("samples are all alike or far from the data")
    unseen, compared = (
        evidence.features_of(name, random_indices(len(x), MAX_COMPARED))
        for name, x in {"held_out": held_out, "samples": samples}.items()
    )
    everything = evidence.features_of("data")
    probability = memorization.data_copying(everything, unseen, compared).value
    if probability > COPYING:
        yield Finding(
            "memorizing",
            rule="probability that a sample is nearer to the training data than a "
            "held-out example above",
            value=probability,
            threshold=COPYING,
            observation=(
                f"samples are nearer to the {len(data):,} training examples than "
                f"held-out data, in {evidence.space_name}"
            ),
            advice="Use more data, a smaller critic or a larger penalty, or stop "
            "earlier.",
        )
