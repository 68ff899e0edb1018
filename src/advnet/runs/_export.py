from collections.abc import Callable, Sequence

import jax
import numpy as np

from advnet import games
from advnet.types import Game, State


def export_sampler(
    game: Game, state: State, *, average: bool, platforms: Sequence[str]
) -> bytes:
    """Serialize a sampler from raw keys [n, 2] to samples [n, ...], for any n."""
    keys = jax.ShapeDtypeStruct(jax.export.symbolic_shape("n, 2"), np.uint32)
    sampler = jax.jit(make_sampler(game, state, average=average))
    return bytes(jax.export.export(sampler, platforms=platforms)(keys).serialize())


def make_sampler(game: Game, state: State, *, average: bool) -> Callable:
    """Return a function from raw keys [n, 2] to samples [n, ...]."""

    def draw_sample(key_data: jax.Array) -> jax.Array:
        key = jax.random.wrap_key_data(key_data)
        return games.sample(game, state, key, 1, average=average)[0]

    return jax.vmap(draw_sample)
