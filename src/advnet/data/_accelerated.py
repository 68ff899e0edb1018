"""Batches on one or several devices, and batches prepared in advance."""

import dataclasses
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding

from advnet import _validation
from advnet.data._minibatches import Minibatches, require_step
from advnet.sharding import DATA_AXIS, batch_sharding, replicated
from advnet.types import Batches, PyTree


def on_device(batches: Minibatches, mesh: Mesh | None = None) -> Minibatches:
    """Keep the data in the memory of the device, so that only indices are transferred.

    The data must fit in the memory of one device.

    Args:
      batches: Result of `minibatches`.
      mesh: Mesh of devices. Each device holds all of the data, and batches are split
        over the devices as `on_mesh` splits them. The default is one device.

    Returns:
      The same batches, as arrays on the device.

    Raises:
      ValueError: If the data are not arrays in memory, or the size of a batch is not a
        multiple of the number of devices.

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
            "Expected batches of arrays in memory, as minibatches returns them; got a "
            f"source of {type(leaves[0]).__name__}. Read them ahead with prefetch."
        )
    if mesh is not None:
        _check_divisible(batches.batch_size, mesh)

    def gather(arrays: PyTree, indices: np.ndarray) -> PyTree:
        split = None if mesh is None else batch_sharding(mesh, axis=indices.ndim - 1)
        return _gather(arrays, jax.device_put(indices, split))

    layout = None if mesh is None else replicated(mesh)
    resident = jax.device_put(batches.arrays, layout)
    return dataclasses.replace(batches, arrays=resident, gather=gather)


@jax.jit
def _gather(arrays: PyTree, indices: jax.Array) -> PyTree:
    # The indices come from a permutation, so checking their bounds is wasted work.
    select = lambda leaf: leaf.at[indices].get(mode="promise_in_bounds")
    return jax.tree.map(select, arrays)


def on_mesh(batches: Batches, mesh: Mesh) -> Batches:
    """Split every batch over the devices of a mesh, in one process or in several.

    Every process makes the same call. For `minibatches` and `from_source`, each process
    reads only the rows of its own devices. For any other function of the step, each
    process computes the whole batch and drops the rows of the other processes.

    Args:
      batches: `batches(step) -> leaves [m, ...]`, the same in every process.
      mesh: Mesh with an axis "data" whose size divides every m, such as
        `advnet.sharding.data_mesh()`.

    Returns:
      `batches(step) -> leaves [m, ...]`, global arrays split along their first axis.

    Raises:
      ValueError: If m is not a multiple of the number of devices.

    Examples:
      >>> from advnet import data, sharding
      >>> batches = data.minibatches(np.arange(6.0), 2, key=jax.random.key(0))
      >>> mesh = sharding.data_mesh(jax.devices()[:1])
      >>> data.on_mesh(batches, mesh)(0).sharding.spec
      P('data',)
    """
    split = batch_sharding(mesh)
    if not isinstance(batches, Minibatches):
        distribute = lambda leaf: _global_array(
            leaf, np.arange(len(leaf)), len(leaf), split
        )
        return lambda step: jax.tree.map(distribute, batches(step))
    size = batches.batch_size
    _check_divisible(size, mesh)
    slices = split.addressable_devices_indices_map((size,)).values()
    local_rows = np.unique([np.arange(size)[s] for s in slices if s is not None])
    return lambda step: jax.tree.map(
        lambda leaf: _global_array(leaf, local_rows, size, split),
        batches.rows(step, local_rows),
    )


def prefetch(batches: Batches, *, size: int = 2) -> Batches:
    """Prepare the next batches in a background thread while the device works.

    The result is still a function of the step: steps may be requested in any order, and
    each returns the value of `batches`. Batches prepared for skipped steps are dropped.

    Args:
      batches: `batches(step) -> batch`, a pure function of the step.
      size: Number of batches to keep ready on the device. Use at least the
        `steps_per_call` of `fit`.

    Returns:
      `batches(step) -> batch`, as arrays on the device, or on the devices over which
      `on_mesh` has split them. An error in the thread is raised by the call for the
      step that caused it.

    Raises:
      ValueError: If `size` < 1.

    Examples:
      >>> ahead = prefetch(lambda step: np.full(2, step), size=2)
      >>> [ahead(step).tolist() for step in (0, 1, 5)]
      [[0, 0], [1, 1], [5, 5]]
    """
    _validation.check_at_least(1, size=size)
    # One thread keeps the batches in order, and sources need not be thread-safe.
    thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
    ready: dict[int, Future] = {}

    def prepare(step: int) -> PyTree:
        return jax.device_put(batches(step))

    def ahead(step: int) -> PyTree:
        step = require_step(step)
        window = range(step, step + size + 1)
        for skipped in set(ready).difference(window):
            ready.pop(skipped).cancel()
        for upcoming in window:
            if upcoming not in ready:
                ready[upcoming] = thread.submit(prepare, upcoming)
        return ready.pop(step).result()

    return ahead


def _global_array(
    leaf: Any, rows: np.ndarray, size: int, split: NamedSharding
) -> jax.Array:
    """Build a global array [size, ...] from the rows that this process holds.

    Args:
      leaf: Values of `rows`, in the same order.
      rows: Indices of the rows, sorted.
      size: Length of the first axis of the global array.
      split: Sharding of the global array.
    """
    _check_divisible(size, split.mesh)

    def shard(index: Any) -> Any:
        return leaf[np.searchsorted(rows, np.arange(size)[index[0]])]

    return jax.make_array_from_callback((size, *leaf.shape[1:]), split, shard)


def _check_divisible(size: int, mesh: Any) -> None:
    """Raise if a batch of `size` examples cannot be split evenly over the mesh."""
    num_devices = mesh.shape[DATA_AXIS]
    if size % num_devices:
        raise ValueError(
            f"A batch of {size} examples cannot be split over {num_devices} devices. "
            f"Choose a batch_size that is a multiple of {num_devices}."
        )
