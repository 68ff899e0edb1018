from collections.abc import Callable

import flax.linen as nn
import jax

Activation = Callable[[jax.Array], jax.Array]

_RANGES = {nn.sigmoid: (0.0, 1.0), nn.tanh: (-1.0, 1.0)}


def output_range(activation: Activation) -> tuple[float, float] | None:
    """The (low, high) interval an activation cannot leave, if it is known."""
    return _RANGES.get(activation)
