"""Checks of the inputs of terms."""

from typing import Any

import jax
import jax.numpy as jnp

from advnet.types import PyTree


def check_integer_labels(labels: jax.Array) -> None:
    """Raise TypeError if labels are not integers."""
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        raise TypeError(
            f"Expected labels as integers [m], got {labels.dtype}{list(labels.shape)}. "
            "One-hot vectors: labels.argmax(axis=1); floats: labels.astype(np.int32)."
        )


def require_second_output(output: PyTree, term: str, advice: str) -> Any:
    """Return the second output of a critic, or raise TypeError if it has only one."""
    if not isinstance(output, tuple) or len(output) < 2:
        raise TypeError(
            f"{term} expects a critic that returns a pair, logits first; got "
            f"{type(output).__name__}. {advice}"
        )
    return output[1]
