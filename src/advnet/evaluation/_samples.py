"""What every two-sample metric starts from and ends with."""

from collections.abc import Callable

import numpy as np
from jax.typing import ArrayLike

from advnet.evaluation._result import MetricResult

__all__ = ["GROUPS", "Features", "MetricResult", "extract_features"]

Features = Callable[[np.ndarray], ArrayLike]
"""From examples [m, ...] to features [m, ...]; its name is told with every number."""

GROUPS = 10
"""Parts the examples are divided into, each left out in turn, for error bars."""

_BLOCK = 1_000
_MOST = 1e18  # squares of more are infinite in float32


def extract_features(
    real: ArrayLike, fake: ArrayLike, features: Features | None, *, least: int = 2
) -> tuple[np.ndarray, np.ndarray, str]:
    """Both sides as finite matrices [n, d] and [m, d], float32, and their name."""
    name = "raw values" if features is None else _name(features)
    shapes = [np.shape(x)[1:] for x in (real, fake)]
    if features is None and min(map(len, shapes)) > 1 and shapes[0] != shapes[1]:
        raise ValueError(
            f"Expected real and fake examples of one shape, got {shapes[0]} and "
            f"{shapes[1]}: values would not stand beside their like."
        )
    sides = []
    for side, x in (("real", real), ("fake", fake)):
        x = np.asarray(x)
        if x.ndim < 2 or len(x) < least:
            raise ValueError(
                f"Expected {side} examples [n, ...] with n >= {least}, got {x.shape}. "
                "A single value an example needs an axis: x[:, None]."
            )
        if features is not None:
            blocks = (x[at : at + _BLOCK] for at in range(0, len(x), _BLOCK))
            x = np.concatenate([np.asarray(features(block)) for block in blocks])
        with np.errstate(over="ignore"):  # refused below
            x = x.astype(np.float32).reshape(len(x), -1)
        if not (np.abs(x) < _MOST).all():  # NaN fails too
            raise ValueError(
                f"Expected finite {side} {name} below {_MOST:g}, got NaN, infinity or "
                "more. Rescale both sides."
            )
        sides.append(x)
    first, second = sides
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"Expected real and fake examples of one size, got {first.shape[1]} and "
            f"{second.shape[1]} values each."
        )
    return first, second, name


def _name(features: Features) -> str:
    return getattr(features, "__name__", type(features).__name__)
