"""Rules that compare samples with data: range, mode collapse and memorizing.

"Healthy" and "broken" refer to the runs of tests/learning, most of them with three
seeds, early in training and at the end. The comment of each threshold gives the values
of these runs that lie nearest to it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from advnet._moments import compute_moments
from advnet.evaluation import manifolds, memorization
from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._verdict import NotApplicable, Verdict

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

NUM_PARTS = 50
"""Number of random parts of the data whose variance is compared with the samples'."""

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


def data_out_of_range(evidence: Evidence) -> Iterator[Verdict]:
    """Yield a verdict if the generator cannot produce the values of the data."""
    data = evidence.require_finite("data")
    reach = _reach(evidence, data)
    outside = (data < reach.low - reach.margin) | (data > reach.high + reach.margin)
    share = float(np.mean(outside))
    if share > OUT_OF_RANGE:
        yield Verdict(
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
    low, high = float(samples.min()), float(samples.max())
    if np.ptp(samples, axis=0).max() <= MIN_SPREAD * (high - low):
        raise NotApplicable(
            "samples vary too little to show their range; the rule needs output_range"
        )
    evidence.check_steps(MIN_STEPS)
    return _Reach(low, high, high - low, "samples lie")


def mode_collapse(evidence: Evidence) -> Iterator[Verdict]:
    """Yield a verdict if samples lack the variety of the data.

    The paper calls this failure the Helvetica scenario: too many z map to one x.
    """
    evidence.require_finite("data")
    evidence.require_finite("samples")
    if evidence.output_range is not None and any(data_out_of_range(evidence)):
        raise NotApplicable("samples cannot reach the data")
    evidence.check_steps(MIN_STEPS)
    variance, recall = _variety(evidence)
    if variance < VARIANCE:
        _check_parts_of_the_data_vary(evidence, variance)
        yield _collapse_verdict(
            variance,
            recall,
            rule="variance of samples over variance of data below",
            value=variance,
            threshold=VARIANCE,
        )
    elif recall < RECALL:
        _check_data_recall_themselves(evidence)
        yield _collapse_verdict(
            variance,
            recall,
            rule="recall of the data in their two leading directions below",
            value=recall,
            threshold=RECALL,
        )


def _collapse_verdict(
    variance: float, recall: float, *, rule: str, value: float, threshold: float
) -> Verdict:
    return Verdict(
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


def _check_parts_of_the_data_vary(evidence: Evidence, variance: float) -> None:
    """Raise NotApplicable if random parts of the data have as little variance.

    Rare events and heavy tails are the reason: most parts of the data lack them too.
    """
    data, samples = (evidence.require_finite(name) for name in ("data", "samples"))
    num = _num_judged(data, samples)
    total = _variance(_random_rows(data, num))
    parts = [_random_rows(data, num, seed) for seed in range(1, NUM_PARTS + 1)]
    if min(map(_variance, parts)) <= variance * total:
        raise NotApplicable(
            f"parts of {num} training examples have as little variance as the samples"
        )


def _check_data_recall_themselves(evidence: Evidence) -> None:
    """Raise NotApplicable if one half of the data does not recall the other half."""
    data = evidence.require_finite("data")
    rows = _random_rows(data, 2 * MAX_EXAMPLES)
    recall = _recall(*np.array_split(rows, 2))
    if recall < 2 * RECALL:
        raise NotApplicable(
            f"one half of the data has recall {recall:.2g} of the other half"
        )


def _variety(evidence: Evidence) -> tuple[float, float]:
    """Compute the relative variance of samples and their recall in the data's plane."""
    data, samples = (evidence.require_finite(name) for name in ("data", "samples"))
    num = _num_judged(data, samples)
    data, samples = _random_rows(data, num), _random_rows(samples, num)
    total = _variance(data)
    if total == 0:
        raise NotApplicable("the data have no variance")
    return _variance(samples) / total, _recall(data, samples)


def _num_judged(data: np.ndarray, samples: np.ndarray) -> int:
    """Return the number of examples of each side, or raise if there are too few."""
    num = min(len(data), len(samples), MAX_EXAMPLES)
    if num < MIN_EXAMPLES:
        raise NotApplicable(
            f"the rule needs {MIN_EXAMPLES} training examples and samples, got {num}"
        )
    return num


def _variance(x: np.ndarray) -> float:
    """Return the sum of the variances of all values; constant values add nothing."""
    return float((compute_moments(x).deviation ** 2).sum())


def _recall(data: np.ndarray, samples: np.ndarray) -> float:
    """Return the recall of the data in the plane of their two leading directions."""
    center = compute_moments(data).mean
    unit = np.abs(data - center).max()
    # Clipping keeps squares finite; beyond this distance samples are equally far.
    data, samples = (
        (data - center) / unit,
        np.clip((samples - center) / unit, -1e3, 1e3),
    )
    # In the 784 dimensions of a digit no ball contains another example: recall is 0.
    plane = np.linalg.svd(data, full_matrices=False)[2][:2].T
    return manifolds.prdc(data @ plane, samples @ plane).recall.value


def _random_rows(x: np.ndarray, num: int, seed: int = 0) -> np.ndarray:
    """Return `num` random rows as float64, because data may be sorted by class.

    Rows may repeat if `seed` is not 0, so that parts of a small array differ.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(x), size=num) if seed else rng.permutation(len(x))[:num]
    return x[rows].astype(np.float64)


def memorizing(evidence: Evidence) -> Iterator[Verdict]:
    """Yield a verdict if samples are copies of training examples."""
    data, held_out = (evidence.require_finite(name) for name in ("data", "held_out"))
    samples = evidence.require_finite("samples")
    if min(len(held_out), len(samples)) < MIN_EXAMPLES:
        raise NotApplicable(
            f"the rule needs {MIN_EXAMPLES} samples and held-out examples"
        )
    if not VARIANCE <= _variety(evidence)[0] <= 1 / VARIANCE:
        raise NotApplicable("samples are all alike or far from the data")
    sides = (_random_rows(x, min(len(x), MAX_COMPARED)) for x in (held_out, samples))
    probability = memorization.data_copying(data, *sides).value
    if probability > COPYING:
        yield Verdict(
            "memorizing",
            rule="probability that a sample is nearer to the training data than a "
            "held-out example above",
            value=probability,
            threshold=COPYING,
            observation=(
                f"samples are nearer to the {len(data):,} training examples than "
                "held-out data"
            ),
            advice="Use more data, a smaller critic or a larger penalty, or stop "
            "earlier.",
        )
