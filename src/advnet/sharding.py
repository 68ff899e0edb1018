"""Data-parallel training on several devices, with one mesh axis named "data".

Batches and noise are split over the axis. Parameters are replicated, or split as well
where `state_sharding` says so; split parameters are gathered where a network is called.
The compiler adds the communication: gradients are summed over the devices, and batch
statistics are computed over the whole batch.

    mesh = advnet.sharding.data_mesh()
    batches = advnet.data.on_mesh(batches, mesh)
    with jax.set_mesh(mesh):
        abstract = jax.eval_shape(algorithm.init, key, batches(0))
        layout = advnet.sharding.state_sharding(abstract, mesh)
        state = jax.jit(algorithm.init, out_shardings=layout)(key, batches(0))
        state = advnet.fit(algorithm, state, batches, num_steps=...)
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

__all__ = [
    "DATA_AXIS",
    "batch_sharding",
    "constrain_batch",
    "data_mesh",
    "gather_params",
    "replicated",
    "split_microbatches",
    "state_sharding",
]

DATA_AXIS = "data"
"""Name of the mesh axis that batches are split over."""

Tree = TypeVar("Tree")


def data_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """Build a mesh of one axis, "data", from a list of devices.

    Args:
      devices: Devices of the mesh. The default is all devices of all processes.

    Returns:
      A mesh whose axis "data" has one entry per device.

    Examples:
      >>> data_mesh(jax.devices()[:1]).shape["data"]
      1
    """
    devices = jax.devices() if devices is None else devices
    # The default of make_mesh is Explicit, under which ordinary code raises.
    axis = (len(devices),), (DATA_AXIS,), (AxisType.Auto,)
    return jax.make_mesh(*axis, devices=devices)


def batch_sharding(mesh: Mesh, *, axis: int = 0) -> NamedSharding:
    """Return the sharding that splits examples [m, ...] over a mesh.

    The number of devices on the mesh axis "data" must divide m.

    Args:
      mesh: A mesh with an axis "data"; see `data_mesh`.
      axis: Array axis of the examples: 1 for stacked batches [n, m, ...].

    Returns:
      A sharding for `jax.device_put` or `out_shardings`.

    Examples:
      >>> batch_sharding(data_mesh()).spec
      P('data',)
    """
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, DATA_AXIS))


def replicated(mesh: Mesh) -> NamedSharding:
    """Return the sharding that keeps a full copy of an array on every device.

    Args:
      mesh: See `data_mesh`.

    Returns:
      A sharding for `jax.device_put` or `out_shardings`.

    Examples:
      >>> replicated(data_mesh()).is_fully_replicated
      True
    """
    return NamedSharding(mesh, PartitionSpec())


def state_sharding(state: Any, mesh: Mesh, *, min_size: int = 2**16) -> Any:
    """Return a sharding for each array of a state, with large arrays split.

    An array of at least `min_size` values is split along its longest axis that the
    number of devices divides. All other arrays are replicated. Parameters, optimizer
    states and averages follow the same rule, so each device holds about an equal share
    of the state. Each call of a network then gathers its parameters and holds all of
    them during the call (fully sharded data parallelism).

    Args:
      state: A state, or the abstract state `jax.eval_shape(algorithm.init, ...)`.
      mesh: See `data_mesh`.
      min_size: Minimum number of values of an array that is split; for smaller arrays
        the communication costs more than it saves. To replicate the whole state, use
        `replicated(mesh)` instead of this function.

    Returns:
      A `NamedSharding` for each array. Pass it as `out_shardings` of a compiled
      `algorithm.init`, or as the second argument of `jax.device_put(state, ...)`.
      `fit` preserves the layout.

    Examples:
      >>> mesh = data_mesh(jax.devices()[:1])
      >>> state_sharding({"kernel": jnp.ones((2, 8))}, mesh, min_size=16)["kernel"].spec
      P(None, 'data')

    References:
      Rajbhandari et al. 2020; Xu et al. 2020.
    """
    num_devices = mesh.shape[DATA_AXIS]

    def sharding(leaf: jax.Array) -> NamedSharding:
        axes = [axis for axis, n in enumerate(leaf.shape) if n and n % num_devices == 0]
        if leaf.size < min_size or not axes:
            return replicated(mesh)
        longest = max(axes, key=lambda axis: leaf.shape[axis])
        return NamedSharding(mesh, PartitionSpec(*[None] * longest, DATA_AXIS))

    return jax.tree.map(sharding, state)


def constrain_batch(x: jax.Array) -> jax.Array:
    """Split `x` over the mesh axis "data", if the current mesh has that axis.

    Without this constraint every device draws all of the noise, and computes the
    generator for all examples.

    Args:
      x: Array [m, ...].

    Returns:
      The same values. The layout is unchanged where the number of devices does not
      divide m.

    Examples:
      >>> constrain_batch(jax.numpy.zeros((4, 2))).shape
      (4, 2)
    """
    mesh = jax.sharding.get_abstract_mesh()
    if DATA_AXIS not in mesh.axis_names or x.shape[0] % mesh.shape[DATA_AXIS]:
        return x
    return _constrain(x, PartitionSpec(DATA_AXIS))


def gather_params(tree: Tree) -> Tree:
    """Gather arrays on every device, if the current mesh has an axis "data".

    Split parameters are gathered where a network is called. Without this constraint
    the compiler may gather the batch instead, so that every device computes all of it.

    Args:
      tree: Any pytree of arrays.

    Returns:
      A tree of the same values.

    Examples:
      >>> gather_params({"kernel": jax.numpy.zeros((4, 2))})["kernel"].shape
      (4, 2)
    """
    if DATA_AXIS not in jax.sharding.get_abstract_mesh().axis_names:
        return tree
    return jax.tree.map(lambda x: _constrain(x, PartitionSpec()), tree)


def split_microbatches(batch: Any, num: int) -> Any:
    """Split a batch into `num` microbatches along a new leading axis.

    Example i becomes part of microbatch i mod num. On a batch that is split over
    devices this needs no communication, whereas reshape(num, m) would gather the
    whole batch on every device.

    Args:
      batch: Pytree of arrays [num * m, ...].
      num: Number of microbatches.

    Returns:
      Pytree of arrays [num, m, ...].

    Examples:
      >>> split_microbatches(jnp.arange(6), 2).tolist()
      [[0, 2, 4], [1, 3, 5]]
    """
    return jax.tree.map(
        lambda x: x.reshape(x.shape[0] // num, num, *x.shape[1:]).swapaxes(0, 1), batch
    )


def _constrain(x: jax.Array, spec: PartitionSpec) -> jax.Array:
    """Constrain the layout of `x` in the way that the mesh's axis type needs."""
    mesh = jax.sharding.get_abstract_mesh()
    axis_type = dict(zip(mesh.axis_names, mesh.axis_types, strict=True))[DATA_AXIS]
    if axis_type == AxisType.Manual:  # Inside jax.shard_map, x is one device's part.
        return x
    if axis_type == AxisType.Explicit:
        return jax.sharding.reshard(x, spec)
    return jax.lax.with_sharding_constraint(x, spec)
