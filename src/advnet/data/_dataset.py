"""The nouns of this package: a split, and the three or four that make a data set."""

from typing import Any, NamedTuple

import numpy as np


class Split(NamedTuple):
    """Examples which belong together, with or without labels.

    A pytree: pass it to `minibatches` as it is, and batches are splits too.

    Attributes:
      x: Images, float32 [n, h, w, c] in [0, 1].
      y: Labels, int32 [n], or None.
    """

    x: np.ndarray
    y: np.ndarray | None = None


class Dataset(NamedTuple):
    """A data set, split the way the literature reports on it.

    Attributes:
      train: Examples to learn from.
      valid: Examples to choose hyper-parameters by.
      test: Examples to report on.
      unlabeled: Further examples without labels, or None.
      name: What to call it in tables and figures.
    """

    train: Split
    valid: Split
    test: Split
    unlabeled: Split | None = None
    name: str = ""


def rows(split: Split, index: Any) -> Split:
    """Indexes the examples of a split: a slice, a mask [n] or integers [m]."""
    return Split(split.x[index], None if split.y is None else split.y[index])


def unit_interval(pixels: np.ndarray) -> np.ndarray:
    """Maps uint8 0..255 to float32 [0, 1], C-contiguous so that gathers are fast."""
    scaled = pixels.astype(np.float32, order="C")
    scaled /= np.float32(255)
    return scaled
