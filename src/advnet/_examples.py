"""Checks of arrays of examples, shared by evaluation, data and runs."""

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import DTypeLike

MAX_MAGNITUDE = 1e18
"""Limit of absolute values: the squares of larger values overflow float32."""


def require_examples(
    x: ArrayLike,
    *,
    name: str,
    min_examples: int = 1,
    dtype: DTypeLike | None = np.float32,
    finite: bool = True,
) -> np.ndarray:
    """Return examples as an array [n, ...] of finite numbers, or raise.

    Args:
      x: Examples [n, ...], with at least one value each.
      name: Name of the array in error messages.
      min_examples: Smallest accepted n.
      dtype: Type of the returned array; None keeps the type of `x`.
      finite: Whether NaN, infinity and values of `MAX_MAGNITUDE` or more are refused.

    Returns:
      The examples [n, ...], on the host.

    Raises:
      ValueError: If `x` has no axis for the values of an example, has too few examples,
        has no values, or holds a value that is masked or not finite.
      TypeError: If `x` does not hold real numbers.

    Examples:
      >>> require_examples([[1, 2], [3, 4]], name="x").dtype
      dtype('float32')
      >>> require_examples(np.array([[0.0, np.nan]]), name="x")
      Traceback (most recent call last):
      ...
      ValueError: Expected finite x below 1e+18, got nan at index [0, 1]. Remove or
      rescale such values.
    """
    if np.ma.is_masked(x):
        raise ValueError(
            f"Expected {name} without masked values, got a masked array. Fill the "
            "values (x.filled), or leave out these examples."
        )
    array = np.asarray(x)
    if not (array.dtype.kind in "biuf" or jnp.issubdtype(array.dtype, jnp.floating)):
        raise TypeError(f"Expected {name} to hold real numbers, got {array.dtype}.")
    if array.ndim < 2 or len(array) < min_examples or 0 in array.shape[1:]:
        advice = (
            " A single value per example needs an axis: x[:, None]."
            if array.ndim == 1
            else ""
        )
        raise ValueError(
            f"Expected {name} [n, ...] with n >= {min_examples}, got shape "
            f"{array.shape}.{advice}"
        )
    if dtype is not None:
        with np.errstate(over="ignore"):  # infinities are refused below
            array = array.astype(dtype, copy=False)
    if finite:
        check_finite(array, name=name)
    return array


def widen(x: np.ndarray) -> np.ndarray:
    """Return real numbers as floats that hold their values, differences and squares.

    Types whose values float32 holds exactly (bool, integers of up to 16 bits, float16,
    bfloat16) become float32. All others become float64.

    Examples:
      >>> widen(np.array([255], np.uint8)).dtype, widen(np.array([255])).dtype
      (dtype('float32'), dtype('float64'))
    """
    is_narrow = x.dtype.itemsize <= (2 if x.dtype.kind in "biu" else 4)
    with np.errstate(over="ignore"):  # of a type wider than float64
        return x.astype(np.float32 if is_narrow else np.float64, copy=False)


def require_floats(
    x: ArrayLike, *, name: str, min_examples: int = 1, finite: bool = True
) -> np.ndarray:
    """Return examples [n, ...] as `require_examples` does, in the type of `widen`.

    For statistics on the host: dates, times and other values far from 0 keep the digits
    that float32 would drop.

    Args:
      x: Examples [n, ...], with at least one value each.
      name: Name of the array in error messages.
      min_examples: Smallest accepted n.
      finite: Whether NaN, infinity and values of `MAX_MAGNITUDE` or more are refused.

    Returns:
      The examples [n, ...], float32 or float64.

    Raises:
      ValueError: For the arrays that `require_examples` refuses.
      TypeError: If `x` does not hold real numbers.
    """
    array = require_examples(
        x, name=name, min_examples=min_examples, dtype=None, finite=False
    )
    array = widen(array)
    if finite:
        check_finite(array, name=name)
    return array


def check_finite(x: np.ndarray, *, name: str) -> None:
    """Raise if `x` holds NaN, infinity, or an absolute value of `MAX_MAGNITUDE`."""
    if x.dtype.kind in "biu" or x.size == 0:
        return
    magnitude = np.abs(x) if np.iscomplexobj(x) else x
    with np.errstate(invalid="ignore"):  # bfloat16 warns of NaN, which is refused below
        low, high = float(magnitude.min()), float(magnitude.max())
    if not -MAX_MAGNITUDE < low <= high < MAX_MAGNITUDE:
        within = np.abs(x).astype(np.float64) < MAX_MAGNITUDE
        index = np.unravel_index(int(np.argmin(within)), x.shape)
        raise ValueError(
            f"Expected finite {name} below {MAX_MAGNITUDE:g}, got {x[index]:g} at "
            f"index {[int(i) for i in index]}. Remove or rescale such values."
        )


def require_images(
    x: ArrayLike,
    *,
    name: str,
    channels: tuple[int, ...] = (),
    min_examples: int = 1,
    dtype: DTypeLike | None = np.float32,
    unit_range: bool = False,
) -> np.ndarray:
    """Return images as an array [n, h, w, c] of finite numbers, or raise.

    Args:
      x: Images [n, h, w, c].
      name: Name of the array in error messages.
      channels: Accepted values of c; any by default.
      min_examples: Smallest accepted n.
      dtype: Type of the returned array; None keeps the type of `x`.
      unit_range: Whether values outside [0, 1] are refused.

    Returns:
      The images [n, h, w, c], on the host.

    Raises:
      ValueError: If the shape differs from [n, h, w, c], or a value is not finite or
        not in the accepted range.
      TypeError: If `x` does not hold real numbers.

    Examples:
      >>> require_images(np.zeros((2, 8, 8, 1)), name="x", channels=(1, 3)).shape
      (2, 8, 8, 1)
    """
    shape = np.shape(x)
    if len(shape) != 4 or (channels and shape[3] not in channels):
        last = " or ".join(map(str, channels)) or "c"
        raise ValueError(f"Expected {name} [n, h, w, {last}], got shape {shape}.")
    images = require_examples(x, name=name, min_examples=min_examples, dtype=dtype)
    low, high = images.min(), images.max()
    if unit_range and not 0 <= low <= high <= 1:
        raise ValueError(
            f"Expected {name} in [0, 1], got values from {low:.3g} to {high:.3g}. "
            "Rescale them: pixels / 255, or (x + 1) / 2 for a generator's tanh."
        )
    return images


def are_bytes(x) -> bool:
    """Return whether examples are images as bytes, uint8 [n, h, w, c]."""
    return x.dtype == np.uint8 and x.ndim == 4


def scale_bytes(x):
    """Scale bytes 0..255 to float32 in [0, 1], on the host or on the device."""
    return x.astype(np.float32) / np.float32(255)
