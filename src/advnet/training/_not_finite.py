import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike


class NotFinite(FloatingPointError):
    """Training produced NaN or infinity.

    Attributes:
      step: After which it was seen first, counting from 1.
      player: Whose metric it was.
      what: Which: a term's name, a logit, "loss" or "gradient_norm".
    """

    def __init__(self, step: int, player: str, what: str, message: str):
        """Keeps what is needed to go on from there."""
        super().__init__(message)
        self.step, self.player, self.what = step, player, what


def is_finite(x: ArrayLike) -> bool:
    """Whether an array holds no NaN and no infinity; integers never do."""
    values = np.asarray(x)
    # Of JAX: NumPy does not know that bfloat16 is a floating type.
    return not jnp.issubdtype(values.dtype, jnp.inexact) or bool(
        np.isfinite(values).all()
    )
