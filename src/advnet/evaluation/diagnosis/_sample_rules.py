"""What data and samples show to be wrong: one function each, with its thresholds.

"Broken" and "healthy" are the runs of tests/learning, three seeds of most, looked at
early and at the end; the numbers are the nearest to the threshold.
"""

from collections.abc import Iterator

import numpy as np

from advnet.evaluation import manifolds, memorization
from advnet.evaluation.diagnosis._evidence import Evidence, NotApplicable, Verdict

# Share of the data's values. Healthy: 0; broken: 0.08 at least.
OUT_OF_RANGE = 0.01
# Widest range of a coordinate over that of all. Collapsed: 0.06 to 0.3; others: 1.
SPREAD = 0.5
# Steps before samples are asked for anything: healthy digits at 600 hardly differ.
LEAST_STEPS = 1_000


def data_out_of_range(e: Evidence) -> Iterator[Verdict]:
    """Data that the generator cannot produce."""
    data = e.given("data")
    low, high, slack, whose = _reach(e, data)
    share = float(np.mean((data < low - slack) | (data > high + slack)))
    if share > OUT_OF_RANGE:
        yield Verdict(
            "data out of range",
            "share of the data's values beyond the generator's reach, above",
            share,
            OUT_OF_RANGE,
            f"{whose} in [{low:.3g}, {high:.3g}], the data in [{data.min():.3g}, "
            f"{data.max():.3g}]",
            "Scale the data (pixels: x / 255), or change the generator's output "
            "activation: sigmoid for [0, 1], tanh for [-1, 1], none for the rest.",
        )


def _reach(e: Evidence, data: np.ndarray) -> tuple[float, float, float, str]:
    """Lowest and highest value, how far beyond is allowed, and whose they are."""
    if e.output_range is not None:
        slack = 1e-3 * float(np.ptp(data))  # rounding of the scaling
        return *e.output_range, slack, "the generator's output lies"
    samples = e.given("samples")
    low, high = float(samples.min()), float(samples.max())
    if np.ptp(samples, axis=0).max() <= SPREAD * (high - low):
        raise NotApplicable(
            "samples vary little for where they lie; it takes output_range"
        )
    e.at_least(LEAST_STEPS)
    return low, high, high - low, "samples lie"


# Recall of fewer is noise; the more, the smaller the balls, and the lower it is.
LEAST_EXAMPLES, MOST_EXAMPLES = 20, 200
# Samples' variance over the data's. Healthy: 0.15 at least; broken: 0.013 at most.
VARIANCE = 0.05
# In the data's plane. Healthy: 0.085 at least; broken: 0.005 at most.
RECALL = 0.04


def mode_collapse(e: Evidence) -> Iterator[Verdict]:
    """The Helvetica scenario: too many z are mapped to one x."""
    e.given("data")
    e.given("samples")
    if e.output_range is not None and any(data_out_of_range(e)):
        raise NotApplicable("samples cannot reach the data")
    e.at_least(LEAST_STEPS)
    variance, recall = _variety(e)
    if variance < VARIANCE or recall < RECALL:
        scarce = variance < VARIANCE
        yield Verdict(
            "mode collapse",
            "variance of samples over the data's, below"
            if scarce
            else "recall of the data in their two leading directions, below",
            variance if scarce else recall,
            VARIANCE if scarce else RECALL,
            f"samples have {100 * variance:.2g} % of the data's variance and recall "
            f"{100 * recall:.2g} % of the data: the Helvetica scenario",
            "Train the critic more for each step of the generator (k, a higher rate), "
            "lower the generator's rate, or use losses.relativistic() with terms.r1 "
            "and terms.r2; see that the generator uses its noise.",
        )


def _variety(e: Evidence) -> tuple[float, float]:
    """Variance of samples over the data's, and recall in the data's plane."""
    data, samples = e.given("data"), e.given("samples")
    num = min(len(data), len(samples), MOST_EXAMPLES)
    if num < LEAST_EXAMPLES:
        raise NotApplicable(f"it takes {LEAST_EXAMPLES} data and samples, got {num}")
    data, samples = _drawn(data, num), _drawn(samples, num)
    total = data.var(axis=0).sum()
    if total == 0:
        raise NotApplicable("the data do not vary")
    center = data.mean(axis=0)
    variance = float(samples.var(axis=0).sum() / total)
    # Farther than this all is equally far, and squares stay finite.
    far = 1e3 * np.abs(data - center).max()
    data, samples = data - center, np.clip(samples - center, -far, far)
    # In all 784 directions of a digit nobody's balls hold anybody: recall is 0.
    plane = np.linalg.svd(data, full_matrices=False)[2][:2].T
    return variance, manifolds.prdc(data @ plane, samples @ plane).recall.value


def _drawn(x: np.ndarray, num: int) -> np.ndarray:
    """`num` of the rows in no order: neighbors may be of one class, or of every."""
    return x[np.random.default_rng(0).permutation(len(x))[:num]].astype(np.float64)


# Chance that a sample is nearer to the training set. Healthy: 0.67; broken: 0.93.
COPYING = 0.85
MOST_COMPARED = 1_000  # samples and held-out examples; the training set is whole


def memorizing(e: Evidence) -> Iterator[Verdict]:
    """Samples are copies of training examples."""
    data, held_out = e.given("data"), e.given("held_out")
    samples = e.given("samples")
    if min(map(len, (held_out, samples))) < LEAST_EXAMPLES:
        raise NotApplicable(f"it takes {LEAST_EXAMPLES} samples and held-out examples")
    if not VARIANCE <= _variety(e)[0] <= 1 / VARIANCE:
        raise NotApplicable("samples are all alike, or nowhere near the data")
    few = (_drawn(x, min(len(x), MOST_COMPARED)) for x in (held_out, samples))
    chance = memorization.data_copying(data, *few).value
    if chance > COPYING:
        yield Verdict(
            "memorizing",
            "chance that a sample is nearer to the training set than held-out data, "
            "above",
            chance,
            COPYING,
            f"samples are nearer to the {len(data):,} training examples than unseen "
            "data are",
            "Use more data, a smaller critic or a larger penalty, or stop earlier.",
        )
