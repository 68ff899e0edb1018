"""Features that bring every value of the data to one scale."""

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet._moments import compute_moments
from advnet.evaluation._digest import fingerprint
from advnet.evaluation._samples import Features


def standardize(reference: ArrayLike) -> Features | None:
    """Return features that shift and scale every value by its mean and deviation.

    Means and deviations are computed in float64, so that dates and other values far
    from 0 keep their digits. A value that is constant but for rounding is shifted and
    not scaled.

    Args:
      reference: Examples that give the means and the standard deviations [n, ...].

    Returns:
      Function from examples [m, ...] to standardized values [m, ...], float64. Its
      attribute `fingerprint` is a hash of the moments. None for images [n, h, w, c] in
      [0, 1], whose values are compared as they are.

    Raises:
      ValueError: If `reference` is not a valid array of examples.

    Examples:
      >>> features = standardize(np.array([[0.0, 5.0], [2.0, 5.0]]))
      >>> features(np.array([[2.0, 6.0]])).tolist()  # a constant value is not scaled
      [[1.0, 1.0]]
      >>> standardize(np.zeros((2, 8, 8, 1))) is None
      True
    """
    x = require_floats(reference, name="reference")
    if x.ndim == 4 and x.min() >= 0 and x.max() <= 1:
        return None
    moments = compute_moments(x)

    def standardized_values(x: np.ndarray) -> np.ndarray:
        return moments.standardize(x)

    standardized_values.__name__ = "standardized values"
    # In float32, because the order of a sum in float64 depends on the machine.
    parts = (np.asarray(part, np.float32) for part in moments)
    standardized_values.fingerprint = fingerprint(*parts)  # pyright: ignore[reportFunctionMemberAccess]
    return standardized_values
