from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import jax
import numpy as np

from advnet.data._minibatches import Minibatches, checked_leaf, checked_size, shuffled


class Source(Protocol):
    """Examples that are read one by one."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


def from_source(
    source: Source, batch_size: int, *, key: jax.Array, num_threads: int = 8
) -> Minibatches:
    """Minibatches of data that do not fit in memory, read example by example.

    The same stream as `minibatches` of the same examples under the same key: a pure
    function of the step, one fresh permutation after another. Only the permutations of
    two epochs are in memory, 4 bytes an example each.

    Args:
      source: Anything with `len(source)` and `source[index]`, safe to read from several
        threads: every `grain` RandomAccessDataSource is, and so is a `grain.MapDataset`
        (`MapDataset.source(records).map(decode)` decodes as it reads), a memory-mapped
        array or a list. An example is a pytree of numbers and arrays, of equal shapes
        from one to the next.
      batch_size: Examples per batch, >= 1.
      key: A typed key, ``jax.random.key(seed)``.
      num_threads: Examples read at once.

    Returns:
      A callable from a step to a batch, leaves NumPy arrays [batch_size, ...]; see
      `Minibatches`. Read ahead with `prefetch`.

    Raises:
      ValueError: If there are no examples, or ``batch_size < 1``; when read, if an
        example is None, values are not finite, or shapes differ.
      TypeError: If `key` is not one typed key; when read, if a value is not numeric.

    Examples:
      >>> from advnet import data
      >>> squares = [np.float32(i**2) for i in range(4)]
      >>> batches = data.from_source(squares, 2, key=jax.random.key(0))
      >>> sorted(np.concatenate([batches(0), batches(1)]).tolist())
      [0.0, 1.0, 4.0, 9.0]
    """
    if len(source) == 0:
        raise ValueError("Expected at least one example, got an empty source.")
    order, size = shuffled(key, len(source)), checked_size(batch_size)
    read = _reader(ThreadPoolExecutor(num_threads))
    return Minibatches(source, size, len(source), order, read)


def _reader(pool: ThreadPoolExecutor) -> Callable[[Source, np.ndarray], Any]:
    def read(source: Source, indices: np.ndarray) -> Any:
        wanted = indices.ravel().tolist()
        examples = list(pool.map(source.__getitem__, wanted))
        for index, example in zip(wanted, examples, strict=True):
            if example is None:
                raise ValueError(
                    f"Example {index} is None. Filter the data before they are counted."
                )
        flat = jax.tree.map(lambda *leaves: np.stack(leaves), *examples)
        flat = jax.tree_util.tree_map_with_path(checked_leaf, flat)
        deal = lambda leaf: leaf.reshape(*indices.shape, *leaf.shape[1:])
        return jax.tree.map(deal, flat)

    return read
