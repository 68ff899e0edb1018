import os
from pathlib import Path

import numpy as np

from advnet.data._dataset import Split
from advnet.data._files import load

_MAX_VALUE = 1e18  # squares of larger values overflow float32


def load_examples(
    source: str | os.PathLike | np.ndarray, *, key: str | None = None
) -> np.ndarray:
    """Load examples as one array of finite float32 values.

    Args:
      source: An array [n, ...], or anything that `load` reads.
      key: Name of an array in a .npz file.

    Returns:
      Examples [n, ...]. A vector [n] becomes [n, 1].

    Raises:
      OSError: If there is no such file or folder.
      ValueError: If the values are not real numbers below 1e18 in size, or a .npz file
        holds several arrays and `key` names none.

    Examples:
      >>> load_examples(np.arange(3)).shape
      (3, 1)
    """
    if isinstance(source, np.ndarray):
        x, name = source, "the array"
    else:
        x, name = _read(Path(source), key), str(source)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim == 0 or np.iscomplexobj(x):
        raise ValueError(f"Expected real examples [n, ...] in {name}, got {x.dtype}.")
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    wrong = ~(np.abs(x) < _MAX_VALUE)  # NaN fails too
    if wrong.any():
        position = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"{name} holds NaN or values beyond {_MAX_VALUE:g}, the first at "
            f"{position}. Remove or rescale them."
        )
    return x


def _read(path: Path, key: str | None) -> np.ndarray:
    content = load(path, key=key)
    if isinstance(content, dict):
        if len(content) != 1:
            raise ValueError(
                f"{path} holds {sorted(content)}; say which with --key NAME."
            )
        content = next(iter(content.values()))
    return content.x if isinstance(content, Split) else content
