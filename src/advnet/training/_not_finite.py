import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet.training._contents import named_arrays
from advnet.types import State


class NotFinite(FloatingPointError):
    """Training produced NaN or infinity.

    Attributes:
      step: Step after which it was found, counted from 1.
      player: Name of the player whose metric or parameter was not finite.
      what: Name of the metric (a term, a logit, "loss" or "gradient_norm") or of the
        parameter.
    """

    def __init__(self, step: int, player: str, what: str, message: str):
        """Store the step, the player and the metric with the message."""
        super().__init__(message)
        self.step, self.player, self.what = step, player, what


def is_finite(x: ArrayLike) -> bool:
    """Return whether an array holds no NaN and no infinity; integers never do."""
    values = np.asarray(x)
    # From JAX, because NumPy does not know that bfloat16 is a floating type.
    return not jnp.issubdtype(values.dtype, jnp.inexact) or bool(
        np.isfinite(values).all()
    )


def check_finite_state(state: State) -> None:
    """Raise NotFinite if a state holds NaN or infinity."""
    for name, values in named_arrays(state):
        if not is_finite(values):
            owners = [player for player in state.players if f"['{player}']" in name]
            raise NotFinite(
                int(state.step),
                owners[0] if owners else "",
                name,
                f"{name} is not finite at step {int(state.step)}; no checkpoint was "
                "written. Continue from the last checkpoint with a lower learning "
                "rate, or with a penalty on the critic (terms.r1).",
            )
