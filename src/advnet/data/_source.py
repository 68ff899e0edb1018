from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import jax
import numpy as np

from advnet import _validation
from advnet.data._minibatches import Minibatches, require_numbers, shuffled_epochs
from advnet.types import PyTree


class Source(Protocol):
    """Collection of examples that are read one at a time, by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


def from_source(
    source: Source, batch_size: int, *, key: jax.Array, num_threads: int = 8
) -> Minibatches:
    """Build mini-batches of data that do not fit in memory, read example by example.

    The stream equals that of `minibatches` for the same examples and the same key: a
    pure function of the step, with a new permutation for every epoch. Only the
    permutations of two epochs are in memory, 4 bytes per example each.

    Args:
      source: Any object with `len(source)` and `source[index]` that several threads may
        read at the same time: a list, a memory-mapped array, a `grain`
        RandomAccessDataSource, or a `grain.MapDataset`, which decodes as it reads
        (`MapDataset.source(records).map(decode)`). An example is a pytree of numbers
        and arrays; all examples have the same shapes.
      batch_size: Examples per batch, >= 1.
      key: A typed key, ``jax.random.key(seed)``.
      num_threads: Number of examples that are read at the same time.

    Returns:
      A function from a step to a batch, leaves NumPy arrays [batch_size, ...]; see
      `Minibatches`. Read it ahead with `prefetch`.

    Raises:
      ValueError: If there are no examples, or ``batch_size < 1``; when a batch is
        read, if an example is None, values are not finite, or shapes differ.
      TypeError: If `key` is not a single typed key; when a batch is read, if a value
        is not numeric.

    Examples:
      >>> from advnet import data
      >>> squares = [np.float32(i**2) for i in range(4)]
      >>> batches = data.from_source(squares, 2, key=jax.random.key(0))
      >>> sorted(np.concatenate([batches(0), batches(1)]).tolist())
      [0.0, 1.0, 4.0, 9.0]
    """
    if len(source) == 0:
        raise ValueError("Expected at least one example, got an empty source.")
    _validation.check_at_least(1, batch_size=batch_size, num_threads=num_threads)
    order = shuffled_epochs(key, len(source))
    read = _parallel_reader(ThreadPoolExecutor(num_threads))
    return Minibatches(source, int(batch_size), len(source), order, read)


def _parallel_reader(
    pool: ThreadPoolExecutor,
) -> Callable[[Source, np.ndarray], PyTree]:
    """Return a function that reads the examples of some indices in several threads."""

    def read(source: Source, indices: np.ndarray) -> PyTree:
        flat_indices = indices.ravel().tolist()
        examples = list(pool.map(source.__getitem__, flat_indices))
        for index, example in zip(flat_indices, examples, strict=True):
            if example is None:
                raise ValueError(
                    f"Expected every example to hold values, got None for example "
                    f"{index}. Filter the data before you pass them."
                )
        flat = jax.tree.map(lambda *leaves: np.stack(leaves), *examples)
        flat = jax.tree_util.tree_map_with_path(require_numbers, flat)
        unflatten = lambda leaf: leaf.reshape(*indices.shape, *leaf.shape[1:])
        return jax.tree.map(unflatten, flat)

    return read
