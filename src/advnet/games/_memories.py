"""Memories of a game: a pool of past samples, and running means."""

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.types import Memory, Play, PyTree


def pool(size: int, *, writer: str = "generator") -> Memory:
    """Build a memory of past samples.

    Recorded samples replace random entries of a full pool. Until it is full, the pool
    repeats the samples of the first batch.

    Args:
      size: Number of samples in the pool.
      writer: Name of the player whose updates record samples.

    Returns:
      A memory whose value has leaves [size, ...].

    Raises:
      ValueError: If `size` < 1.

    Examples:
      >>> memory = pool(4)
      >>> memory.init(jnp.ones((2, 3))).shape
      (4, 3)

    References:
      Shrivastava et al. 2017, section 2.3.
    """
    check_at_least(1, size=size)

    def init(samples: PyTree) -> PyTree:
        rows = lambda x: jnp.arange(size) % x.shape[0]
        return jax.tree.map(lambda x: x[rows(x)], samples)

    def update(values: PyTree, samples: PyTree, key: jax.Array) -> PyTree:
        num = jax.tree.leaves(samples)[0].shape[0]
        num_new = min(num, size)
        rows = jax.random.permutation(key, size)[:num_new]
        return jax.tree.map(
            lambda old, x: old.at[rows].set(x[:num_new]), values, samples
        )

    return Memory(init, update, writer)


def running_mean(*, decay: float = 0.99, writer: str = "discriminator") -> Memory:
    """Build a memory of exponential moving averages.

    Args:
      decay: Share of the old average that an update keeps, in [0, 1).
      writer: Name of the player whose updates record values.

    Returns:
      A memory whose value has the structure of the recorded values.

    Raises:
      ValueError: If `decay` is outside [0, 1).

    Examples:
      >>> memory = running_mean(decay=0.5)
      >>> float(memory.update(jnp.zeros(()), jnp.ones(()), jax.random.key(0)))
      0.5
    """
    if not 0 <= decay < 1:
        raise ValueError(f"Expected decay in [0, 1), got {decay}.")

    def update(mean: PyTree, value: PyTree, key: jax.Array) -> PyTree:
        return jax.tree.map(lambda old, x: decay * old + (1 - decay) * x, mean, value)

    return Memory(lambda value: value, update, writer)


def show_past_samples(play: Play, name: str, samples: PyTree, key: jax.Array) -> PyTree:
    """Record samples in a pool, and replace each with probability 1/2 by a past one.

    Args:
      play: Players and memories.
      name: Name of a `pool` among the game's memories.
      samples: New samples, leaves [m, ...].
      key: Random key.

    Returns:
      Samples, leaves [m, ...].

    Examples:
      See the argument `history` of `games.adversarial`.

    References:
      Zhu et al. 2017, section 4.
    """
    past = play.memories.get(name)
    play.record(name, samples)
    if past is None:  # while the game is initialized
        return samples
    num, size = (jax.tree.leaves(x)[0].shape[0] for x in (samples, past))
    row_key, side_key = jax.random.split(key)
    rows = jax.random.randint(row_key, (num,), 0, size)
    is_past = jax.random.bernoulli(side_key, 0.5, (num,))

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        mask = is_past.reshape(num, *[1] * (new.ndim - 1))
        return jnp.where(mask, old[rows], new)

    return jax.tree.map(choose, samples, past)
