"""The devices of a run: a batch is split over them, the state is on all of them."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import Mesh, SingleDeviceSharding

from advnet import sharding
from advnet.types import Algorithm, State


def default_devices() -> list[Any]:
    """Return the devices that train where no number is given."""
    return jax.local_devices()


def choose_mesh(num: int | None, batch_size: int) -> Mesh | None:
    """Return the devices that a batch is split over, or None for one device.

    Args:
      num: Number of devices; None stands for as many as divide the batch.
      batch_size: Examples of one step.

    Raises:
      ValueError: If there are fewer devices, or they cannot share a batch evenly.
    """
    if jax.process_count() > 1:
        return _mesh_of_processes(num, batch_size)
    devices = jax.local_devices()
    if num is None:
        counts = range(len(default_devices()), 0, -1)
        num = next(count for count in counts if batch_size % count == 0)
    if num > len(devices):
        raise ValueError(
            f"Expected devices <= {len(devices)}, the number that JAX sees here, got "
            f"{num}. Leave it out to train on all of them."
        )
    if batch_size % num:
        raise ValueError(
            f"Expected a batch size that is a multiple of devices={num}, got "
            f"{batch_size} examples for each step. Change batch_size or devices."
        )
    return None if num == 1 else sharding.data_mesh(devices[:num])


def _mesh_of_processes(num: int | None, batch_size: int) -> Mesh:
    """Return the devices of all processes."""
    total = jax.device_count()
    if num is not None:
        raise ValueError(
            f"Expected no number of devices for a run in {jax.process_count()} "
            f"processes, got {num}. All devices of all processes train."
        )
    if batch_size % total:
        raise ValueError(
            f"Expected a batch size that is a multiple of the {total} devices of all "
            f"processes, got {batch_size} examples for each step. Change batch_size."
        )
    return sharding.data_mesh()


def to_one_device(state: State) -> State:
    """Return a state with a copy on every device as arrays on one device."""
    if jax.process_count() > 1:
        return jax.tree.map(lambda leaf: leaf.addressable_data(0), state)
    return jax.device_put(state, jax.local_devices()[0])


def place_on_mesh(state: State, mesh: Mesh) -> State:
    """Return the shapes of a state with a copy on every device."""
    return _with_sharding(state, sharding.replicated(mesh))


def place_on_one_device(state: State) -> State:
    """Return the shapes of a state on the first device of this process.

    Several processes read a checkpoint together, each to all of its devices.
    """
    if jax.device_count() == 1:
        return state
    if jax.process_count() > 1:
        return place_on_mesh(state, sharding.data_mesh())
    return _with_sharding(state, SingleDeviceSharding(jax.local_devices()[0]))


def on_mesh(algorithm: Algorithm, mesh: Mesh | None) -> Algorithm:
    """Return an algorithm whose noise and batches are split over the devices."""
    if mesh is None:
        return algorithm

    def under_mesh(function: Callable) -> Callable:
        def wrapped(*inputs):
            # Not jax.set_mesh: hooks sample on one device between the steps.
            with jax.sharding.use_abstract_mesh(mesh.abstract_mesh):
                return function(*inputs)

        return wrapped

    return Algorithm(*map(under_mesh, algorithm))


def _with_sharding(state: State, layout: jax.sharding.Sharding) -> State:
    place = lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=layout)
    return jax.tree.map(place, state)
