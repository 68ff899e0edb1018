"""Images as bytes: uint8 in memory, float32 in [0, 1] on the device."""

import jax
import numpy as np

from advnet._examples import are_bytes, scale_bytes
from advnet.types import Algorithm, PyTree, State

_MAX_FLOATS = 1 << 24  # values of one set of images in an evaluation, which copies it
_MIN_EXAMPLES = 50


def max_float_examples(x: np.ndarray) -> int:
    """Return the number of examples [n, ...] that may be float32 at the same time."""
    if not are_bytes(x):
        return len(x)
    return min(len(x), max(_MIN_EXAMPLES, _MAX_FLOATS // x[0].size))


def on_bytes(algorithm: Algorithm) -> Algorithm:
    """Return an algorithm whose batches hold images as bytes.

    The device converts them, which needs a quarter of the transfer.
    """

    def init(key: jax.Array, batch: PyTree) -> State:
        return algorithm.init(key, _convert(batch))

    def train_step(state: State, batch: PyTree):
        return algorithm.train_step(state, _convert(batch))

    return Algorithm(init, train_step)


def _convert(batch: PyTree) -> PyTree:
    return jax.tree.map(lambda x: scale_bytes(x) if are_bytes(x) else x, batch)
