import os
import warnings
from pathlib import Path

import numpy as np

from advnet._examples import are_bytes, require_examples, require_floats
from advnet._moments import check_float32
from advnet.data._dataset import IMAGE_CHANNELS, Split
from advnet.data._files import load


def load_examples(
    source: str | os.PathLike[str] | np.ndarray,
    *,
    key: str | None = None,
    as_bytes: bool = False,
) -> np.ndarray:
    """Load examples as one array of finite float32 values.

    Args:
      source: An array [n, ...], or the path of anything that `load` reads.
      key: Name of an array in a ``.npz`` file. It is not needed if the file holds one
        array.
      as_bytes: Whether images as bytes, uint8 [n, h, w, c] with c of 1, 3 or 4, are
        returned as they are, in a quarter of the memory.

    Returns:
      Examples [n, ...]. A vector [n] becomes [n, 1]. Labels of a folder of images are
      dropped.

    Raises:
      OSError: If the file or folder does not exist.
      KeyError: If the archive has no array named `key`.
      ValueError: If a value is complex, is not finite or exceeds 1e18, float32 does not
        hold the differences between examples (such as Unix seconds of one minute),
        there are no examples, or a ``.npz`` file holds several arrays and `key` is
        None.
      TypeError: If an array holds text or objects.

    Examples:
      >>> load_examples(np.arange(3)).shape
      (3, 1)
    """
    if isinstance(source, np.ndarray):
        x, name = source, "data"
    else:
        x, name = _read_array(Path(source), key, as_bytes), str(source)
    if as_bytes and are_bytes(x) and x.shape[-1] in IMAGE_CHANNELS:
        return require_examples(x, name=name, dtype=None)
    if np.iscomplexobj(x):
        raise ValueError(
            f"Expected real numbers in {name}, got {x.dtype}. Save the real and the "
            "imaginary part as separate values."
        )
    x = require_floats(x[:, None] if x.ndim == 1 else x, name=name)
    check_float32(x, name=name)
    return require_examples(x, name=name)


def _read_array(path: Path, key: str | None, as_bytes: bool) -> np.ndarray:
    """Read a file that holds one array, or the array named `key`."""
    content = load(path, key=key, as_bytes=as_bytes)
    if isinstance(content, dict):
        if len(content) != 1:
            raise ValueError(
                f"{path} holds the arrays {sorted(content)}; say which with --key "
                "NAME, or key= in Python."
            )
        content = next(iter(content.values()))
    if not isinstance(content, Split):
        return content
    if content.y is not None:
        num_classes = int(content.y.max()) + 1
        warnings.warn(
            f"The {num_classes} subfolders of {path} are read as one set of images: "
            "classes are not used.",
            stacklevel=3,
        )
    return content.x
