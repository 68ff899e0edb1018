"""Batches where they are needed, before they are needed."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding

from advnet import _validation
from advnet.data._minibatches import Minibatches, checked_step
from advnet.sharding import DATA_AXIS, batch_sharding, replicated

Batches = Callable[[int], Any]


def on_device(batches: Minibatches, mesh: Mesh | None = None) -> Minibatches:
    """Keeps the data in the device's memory, if they fit: only indices travel.

    Args:
      batches: From `minibatches`.
      mesh: Keeps the data whole on each device of the mesh, and splits batches over
        them as `on_mesh` does.

    Returns:
      The same batches, as arrays on the device.

    Raises:
      ValueError: If the data are not arrays in memory, or the mesh does not divide the
        batch.

    Examples:
      >>> from advnet import data
      >>> batches = data.minibatches(np.arange(6.0), 2, key=jax.random.key(0))
      >>> resident = data.on_device(batches)
      >>> bool((resident(7) == batches(7)).all())
      True
    """
    leaves = jax.tree.leaves(batches.arrays)
    if not all(isinstance(leaf, np.ndarray) for leaf in leaves):
        raise ValueError(
            "Expected batches of arrays in memory, as minibatches makes them; got a "
            f"source of {type(leaves[0]).__name__}. Read those ahead with prefetch."
        )
    if mesh is not None:
        _divisible(batches.batch_size, mesh)

    def gather(arrays: Any, indices: np.ndarray) -> Any:
        split = None if mesh is None else batch_sharding(mesh, axis=indices.ndim - 1)
        return _gather(arrays, jax.device_put(indices, split))

    where = None if mesh is None else replicated(mesh)
    placed = jax.device_put(batches.arrays, where)
    return dataclasses.replace(batches, arrays=placed, gather=gather)


@jax.jit
def _gather(arrays: Any, indices: jax.Array) -> Any:
    # Indices come from a permutation: checking their bounds would cost a pass.
    pick = lambda leaf: leaf.at[indices].get(mode="promise_in_bounds")
    return jax.tree.map(pick, arrays)


def on_mesh(batches: Batches, mesh: Mesh) -> Batches:
    """Splits every batch over the devices of a mesh, of one process or of many.

    Every process makes the same call. Of `minibatches` and `from_source` each process
    reads its own rows alone; any other function of the step is asked for the whole
    batch, and what belongs to others is dropped.

    Args:
      batches: `batches(step) -> leaves [m, ...]`, the same in every process.
      mesh: See `advnet.sharding.data_mesh`; its axis "data" must divide every m.

    Returns:
      `batches(step) -> leaves [m, ...]`, global arrays split along their first axis.

    Raises:
      ValueError: If the mesh does not divide a batch.

    Examples:
      >>> from advnet import data, sharding
      >>> batches = data.minibatches(np.arange(6.0), 2, key=jax.random.key(0))
      >>> mesh = sharding.data_mesh(jax.devices()[:1])
      >>> data.on_mesh(batches, mesh)(0).sharding.spec
      P('data',)
    """
    split = batch_sharding(mesh)
    if not isinstance(batches, Minibatches):
        every = lambda leaf: _global(leaf, np.arange(len(leaf)), len(leaf), split)
        return lambda step: jax.tree.map(every, batches(step))
    size = batches.batch_size
    _divisible(size, mesh)
    places = split.addressable_devices_indices_map((size,)).values()
    own = np.unique([np.arange(size)[place] for place in places if place is not None])
    return lambda step: jax.tree.map(
        lambda leaf: _global(leaf, own, size, split), batches.rows(step, own)
    )


def prefetch(batches: Batches, *, size: int = 2) -> Batches:
    """Prepares the next batches in a background thread while the device works.

    Still a function of the step: any step may be asked for, in any order, and is what
    `batches` gives. What was prepared for steps that are skipped is dropped.

    Args:
      batches: `batches(step) -> batch`, a pure function of the step.
      size: How many batches to hold ready, on the device; at least the
        `steps_per_call` of `fit`.

    Returns:
      `batches(step) -> batch`, as arrays on the device (or as `on_mesh` has split
      them). An error in the thread is raised by the call for its step.

    Raises:
      ValueError: If `size` < 1.

    Examples:
      >>> ahead = prefetch(lambda step: np.full(2, step), size=2)
      >>> [ahead(step).tolist() for step in (0, 1, 5)]
      [[0, 0], [1, 1], [5, 5]]
    """
    _validation.check_at_least(1, size=size)
    # One thread: batches are made in order, and sources need not be thread-safe.
    thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
    ready: dict[int, Future] = {}

    def prepare(step: int) -> Any:
        return jax.device_put(batches(step))

    def ahead(step: int) -> Any:
        step = checked_step(step)
        wanted = range(step, step + size + 1)
        for skipped in set(ready).difference(wanted):
            ready.pop(skipped).cancel()
        for coming in wanted:
            if coming not in ready:
                ready[coming] = thread.submit(prepare, coming)
        return ready.pop(step).result()

    return ahead


def _global(leaf: Any, rows: np.ndarray, size: int, split: NamedSharding) -> jax.Array:
    """A global array [size, ...] of which `leaf` holds some rows, in order."""
    _divisible(size, split.mesh)

    def part(index: Any) -> Any:
        return leaf[np.searchsorted(rows, np.arange(size)[index[0]])]

    return jax.make_array_from_callback((size, *leaf.shape[1:]), split, part)


def _divisible(size: int, mesh: Any) -> None:
    num = mesh.shape[DATA_AXIS]
    if size % num:
        raise ValueError(
            f"A batch of {size} examples cannot be split over {num} devices. "
            f"Choose a batch_size that is a multiple of {num}."
        )
