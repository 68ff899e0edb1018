"""Metrics of classes: which classes the samples show, and whether the asked ones."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import proportion_error

__all__ = ["agreement", "shares"]

Predict = Callable[[ArrayLike], np.ndarray]
"""Function from examples [m, ...] to their classes [m], such as
`features.Classifier.predict`."""

_ALL = "all classes"


def shares(
    predict: Predict, real: ArrayLike, fake: ArrayLike, *, names: Sequence[str]
) -> tuple[MetricResult, ...]:
    """Compare how often each class occurs among samples and among data.

    Args:
      predict: Function from examples to the indices of their classes, int [m].
      real: Examples of the data [n, ...].
      fake: Samples of the model [m, ...].
      names: Name of each class [k].

    Returns:
      The total variation distance of the shares, in [0, 1] and 0 if they agree, then
      the share of each class among the samples.

    Raises:
      ValueError: If a side has no examples, or an index is not in [0, k).

    Examples:
      >>> sign = lambda x: (np.asarray(x) > 0).astype(int)
      >>> real, fake = np.array([-1.0, 1.0]), np.array([1.0, 2.0])
      >>> distance, low, high = shares(sign, real, fake, names=("low", "high"))
      >>> distance.value, low.value, high.value
      (0.5, 0.0, 1.0)
    """
    expected, observed = (_shares(predict(x), len(names)) for x in (real, fake))
    num_real, num_fake = len(np.asarray(real)), len(np.asarray(fake))
    # The error of a mean of k absolute differences, each of two proportions.
    errors = [
        math.hypot(proportion_error(p, num_real), proportion_error(q, num_fake))
        for p, q in zip(expected, observed, strict=True)
    ]
    distance = float(np.abs(expected - observed).sum() / 2)
    total = MetricResult(
        "class shares", distance, math.hypot(*errors) / 2, num_real, num_fake, _ALL
    )
    rows = [
        MetricResult(
            "class share",
            float(share),
            proportion_error(share, num_fake),
            num_fake=num_fake,
            features=f"class {name}",
        )
        for name, share in zip(names, observed, strict=True)
    ]
    return (total, *rows)


def agreement(
    predict: Predict, fake: ArrayLike, classes: ArrayLike, *, names: Sequence[str]
) -> tuple[MetricResult, ...]:
    """Compute how often samples are recognized as the class they were drawn under.

    Compare with the accuracy of the same classifier on data that it has not seen.

    Args:
      predict: Function from examples to the indices of their classes, int [m].
      fake: Samples of the model [m, ...].
      classes: Index of the class that each sample was drawn under, int [m].
      names: Name of each class [k].

    Returns:
      The share of samples whose class is recognized, then that of each class that
      occurs in `classes`.

    Raises:
      ValueError: If there are no samples, or the lengths of the arguments differ.

    Examples:
      >>> sign = lambda x: (np.asarray(x) > 0).astype(int)
      >>> x = np.array([-1.0, 1.0, 2.0])
      >>> [r.value for r in agreement(sign, x, [0, 1, 0], names=("low", "high"))]
      [0.6666666666666666, 0.5, 1.0]
    """
    classes = np.asarray(classes)
    predicted = np.asarray(predict(fake))
    if predicted.shape != classes.shape or not len(classes):
        raise ValueError(
            f"Expected a class for each sample, at least one, got {predicted.shape} "
            f"samples and {classes.shape} classes."
        )
    hits = predicted == classes
    rows = [("class agreement", _ALL, hits)]
    rows += [
        ("class agreement", f"class {name}", hits[classes == index])
        for index, name in enumerate(names)
        if (classes == index).any()
    ]
    return tuple(
        MetricResult(
            name,
            float(hit.mean()),
            proportion_error(float(hit.mean()), len(hit)),
            num_fake=len(hit),
            features=subject,
        )
        for name, subject, hit in rows
    )


def _shares(classes: np.ndarray, num: int) -> np.ndarray:
    """Return the share of each class [k], or raise if an index is out of range."""
    classes = np.asarray(classes)
    if not len(classes) or classes.min() < 0 or classes.max() >= num:
        raise ValueError(
            f"Expected indices of {num} classes for at least one example, got "
            f"{len(classes)} examples with classes {np.unique(classes)[:8].tolist()}."
        )
    return np.bincount(classes, minlength=num) / len(classes)
