"""Hashes of arrays: of the weights of feature networks, and of examples."""

import hashlib

import numpy as np
from jax.typing import ArrayLike

_NUM_DIGITS = 16
_BLOCK = 1_000  # examples that are in memory as float64


def fingerprint(*arrays: ArrayLike) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 hash of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:_NUM_DIGITS]


def digest_examples(*parts: np.ndarray) -> str:
    """Return 16 hexadecimal digits of a hash of shapes and values of examples.

    Equal values of different types have the same digest.
    """
    digest = hashlib.sha256()
    for x in parts:
        digest.update(str(x.shape).encode())
        for start in range(0, len(x), _BLOCK):
            block = np.asarray(x[start : start + _BLOCK], np.float64)
            # Adding 0 turns -0 into 0, so that equal examples have equal bytes.
            digest.update((block + 0.0).tobytes())
    return digest.hexdigest()[:_NUM_DIGITS]
