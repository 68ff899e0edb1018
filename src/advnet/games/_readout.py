import jax

from advnet.games import _validation
from advnet.types import PyTree


def single_logit(output: PyTree) -> jax.Array:
    """The logits [m] of a critic that says [m], [m, 1] or (either, features)."""
    logits = output[0] if isinstance(output, tuple) else output
    _validation.check_logits(logits)
    return logits.reshape(logits.shape[0])
