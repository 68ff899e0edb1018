import os
from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import numpy as np

from advnet import games
from advnet._files import atomic_write
from advnet.types import Game, PyTree, State


def export(
    game: Game,
    state: State,
    path: str | os.PathLike,
    *,
    average: bool = False,
    condition: PyTree | None = None,
    platforms: Sequence[str] = ("cpu", "cuda", "tpu"),
) -> Path:
    """Write the sampler of a game as one file that JAX loads without this library.

    Args:
      game: A game that can sample.
      state: State whose players are stored in the file.
      path: The file.
      average: Whether to use the averages maintained by `dynamics.averaged`.
      condition: For a conditional game, an example of one condition, leaves [...]: the
        sampler then takes conditions [n, ...] of this shape beside its keys.
      platforms: Platforms that the sampler is to run on.

    Returns:
      The path. The loaded sampler maps raw keys [n, 2] to samples [n, ...], for any n:
      `jax.export.deserialize(data).call(jax.random.key_data(keys))`.

    Raises:
      ValueError: If the game cannot sample, or a condition is missing or not accepted.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> path = export(game, state, folder / "sampler.jax", platforms=["cpu"])
      >>> sampler = jax.export.deserialize(bytearray(path.read_bytes()))
      >>> keys = jax.random.split(jax.random.key(1), 3)
      >>> sampler.call(jax.random.key_data(keys)).shape
      (3, 1)
    """
    (num,) = jax.export.symbolic_shape("n")
    rows = lambda shape, dtype: jax.ShapeDtypeStruct((num, *shape), dtype)
    inputs = [rows((2,), np.uint32)]
    if condition is not None:
        inputs.append(
            jax.tree.map(lambda x: rows(np.shape(x), np.asarray(x).dtype), condition)
        )
    sampler = jax.jit(make_sampler(game, state, average=average))
    exported = jax.export.export(sampler, platforms=platforms)(*inputs)
    with atomic_write(path) as part:
        part.write_bytes(bytes(exported.serialize()))
    return Path(path)


def make_sampler(game: Game, state: State, *, average: bool) -> Callable:
    """Return a function from raw keys [n, 2], and conditions, to samples [n, ...]."""

    def draw_sample(key_data: jax.Array, *condition: PyTree) -> PyTree:
        key = jax.random.wrap_key_data(key_data)
        rows = jax.tree.map(lambda x: x[None], condition)
        samples = games.sample(
            game, state, key, 1, condition=rows[0] if rows else None, average=average
        )
        return jax.tree.map(lambda x: x[0], samples)

    return jax.vmap(draw_sample)
