import jax

from advnet.games._validation import array_shape
from advnet.types import PyTree


def single_logit(output: PyTree) -> jax.Array:
    """Return the logits [m] of a critic's output.

    Args:
      output: [m], [m, 1], or a tuple whose first element is one of these.

    Returns:
      Logits [m].

    Raises:
      ValueError: If the output does not hold one logit per example.
    """
    logits = output[0] if isinstance(output, tuple) else output
    shape = array_shape(logits)
    if shape is None or not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        description = type(logits).__name__ if shape is None else f"shape {shape}"
        raise ValueError(
            "Expected one logit per example, [m] or [m, 1], from the critic; got "
            f"{description}. Pass readout=..., a function from the critic's output to "
            "[m]: the mean over a patch critic's map, or logsumexp over class logits."
        )
    return logits.reshape(logits.shape[0])
