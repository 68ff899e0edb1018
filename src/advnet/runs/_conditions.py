"""Classes by name, and the inversion of examples."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from advnet._examples import require_examples
from advnet._validation import require_known
from advnet.runs._experiment import Experiment
from advnet.types import State

Condition = str | int | Sequence[str | int] | np.ndarray | None
"""Name or index of a class, or a sequence of them."""


class Inversion(NamedTuple):
    """Result of a search for the noise of examples.

    Attributes:
      z: The noise found [m, ...].
      reconstruction: Samples of this noise [m, ...].
      error: Mean squared error of each reconstruction [m].
    """

    z: np.ndarray
    reconstruction: np.ndarray
    error: np.ndarray


def find_classes(
    experiment: Experiment, condition: Condition, num: int
) -> np.ndarray | None:
    """Return the class of each of `num` samples, int32 [num], or None without any.

    Raises:
      ValueError: If the run has no labels, a class is unknown, or the number differs.
    """
    if condition is None:
        return None
    names = experiment.dataset.class_names
    if not experiment.conditional or names is None:
        raise ValueError(
            f"Expected no condition, got {condition!r}: the run was trained without "
            "labels. Train one with labels, such as a folder of class folders."
        )
    if isinstance(condition, str | int | np.integer):
        return np.full(num, _find_class(condition, names), np.int32)
    if len(condition) != num:
        raise ValueError(
            f"Expected one condition, or one for each of {num} samples, got "
            f"{len(condition)}."
        )
    return np.array([_find_class(item, names) for item in condition], np.int32)


def _find_class(condition: str | int, names: tuple[str, ...]) -> int:
    """Return the index of a class; text is a name before it is an index."""
    if isinstance(condition, str) and condition in names:
        return names.index(condition)
    if isinstance(condition, str) and not condition.isdecimal():
        indices = {name: index for index, name in enumerate(names)}
        return require_known(indices, condition, "class")
    index = int(condition)
    if not 0 <= index < len(names):
        raise ValueError(
            f"Expected a class 0 to {len(names) - 1}, or one of {', '.join(names)}; "
            f"got {condition}."
        )
    return index


def invert(
    experiment: Experiment, state: State, x: np.ndarray, condition: Condition, seed: int
) -> Inversion:
    """Search for the noise of examples [m, ...]; see `Run.invert`."""
    x = require_examples(x, name="examples")
    shape = experiment.dataset.train.x.shape[1:]
    if x.shape[1:] != shape:
        raise ValueError(
            f"Expected examples of shape {list(shape)}, as the training data, got "
            f"{list(x.shape[1:])}. Resize or reshape them."
        )
    classes = find_classes(experiment, condition, len(x))
    if experiment.conditional and classes is None:
        names = ", ".join(experiment.dataset.class_names or ())
        raise ValueError(
            "Expected the class of the examples, got no condition. Pass one of "
            f"{names}."
        )
    z, again = experiment.invert(state, x, classes, jax.random.key(seed))
    error = ((again - x) ** 2).reshape(len(x), -1).mean(axis=1)
    return Inversion(z, again, error)
