"""The records of this package: one split, and the splits of a data set."""

from typing import Any, NamedTuple

import numpy as np

from advnet.data._table import Table

IMAGE_CHANNELS = (1, 3, 4)
"""Numbers of channels of images: gray, RGB, RGB and alpha."""


class Split(NamedTuple):
    """Examples of one split, with or without labels.

    A split is a pytree: pass it to `minibatches`, and each batch is a `Split` too.

    Attributes:
      x: Images, float32 [n, h, w, c] in [0, 1] or bytes uint8 [n, h, w, c]; or
        examples of any other kind, float32 [n, ...].
      y: Labels, int32 [n], or None.
    """

    x: np.ndarray
    y: np.ndarray | None = None


class Dataset(NamedTuple):
    """Data set in the splits that the literature reports on.

    Attributes:
      train: Examples to train on.
      valid: Examples to choose hyper-parameters on.
      test: Examples to report results on.
      unlabeled: Further examples without labels, or None.
      name: Name for tables and figures.
      class_names: Name of each class, where labels have names.
      kind: "series" for examples [t, c], "arrays" for any others; "" for the kind
        that the shape suggests.
      channel_names: Name of each channel of series, where channels have names.
      table: Schema that decodes the examples into rows of a table, or None.
      digest: Digest of the files that the data were read from; None where the values
        are digested.
      split: How examples were assigned to the splits; "" if unknown.
    """

    train: Split
    valid: Split
    test: Split
    unlabeled: Split | None = None
    name: str = ""
    class_names: tuple[str, ...] | None = None
    kind: str = ""
    channel_names: tuple[str, ...] | None = None
    table: Table | None = None
    digest: str | None = None
    split: str = ""


def select_rows(split: Split, index: Any) -> Split:
    """Select examples of a split by a slice, a mask [n] or integers [m]."""
    return Split(split.x[index], None if split.y is None else split.y[index])


def unit_interval(pixels: np.ndarray) -> np.ndarray:
    """Scale uint8 0..255 to float32 [0, 1], C-contiguous so that gathers are fast."""
    scaled = pixels.astype(np.float32, order="C")
    scaled /= np.float32(255)
    return scaled
