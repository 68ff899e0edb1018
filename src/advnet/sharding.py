"""Over many devices: one mesh, one axis "data", over which batches are split.

Batches and the noise drawn for them are split over the axis; parameters are whole on
every device, or split too where `state_sharding` says so, and gathered where a network
is called. The compiler adds the communication: gradients are summed over devices, and
batch statistics are those of the whole batch.

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

DATA_AXIS = "data"
"""The mesh axis that batches are split over."""

Tree = TypeVar("Tree")


def data_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """The devices in one row, along the axis "data".

    Args:
      devices: By default all there are, of every process.

    Examples:
      >>> data_mesh(jax.devices()[:1]).shape["data"]
      1
    """
    devices = jax.devices() if devices is None else devices
    # Not Explicit, the default of make_mesh, under which ordinary code raises.
    axis = (len(devices),), (DATA_AXIS,), (AxisType.Auto,)
    return jax.make_mesh(*axis, devices=devices)


def batch_sharding(mesh: Mesh, *, axis: int = 0) -> NamedSharding:
    """Examples [m, ...] split over the mesh, whose size must divide m.

    Args:
      mesh: See `data_mesh`.
      axis: Which axis the examples lie along; 1 in several batches [n, m, ...].

    Examples:
      >>> batch_sharding(data_mesh()).spec
      P('data',)
    """
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, DATA_AXIS))


def replicated(mesh: Mesh) -> NamedSharding:
    """The whole array on every device.

    Examples:
      >>> replicated(data_mesh()).is_fully_replicated
      True
    """
    return NamedSharding(mesh, PartitionSpec())


def state_sharding(state: Any, mesh: Mesh, *, min_size: int = 2**16) -> Any:
    """Where each array of a state lives: the big ones split over the mesh.

    An array of at least `min_size` values is split along its longest axis that the
    mesh divides; all others are whole everywhere. Parameters, optimizer states and
    averages are treated alike, so each device holds about its share of the state. A
    step then costs a gather of a player's parameters more for each time it is called,
    and holds them whole while it is (fully sharded data parallelism).

    Args:
      state: A state, or the abstract one of `jax.eval_shape(algorithm.init, ...)`.
      mesh: See `data_mesh`.
      min_size: Smaller arrays are not worth the communication. To split nothing, give
        the step `replicated(mesh)` instead.

    Returns:
      A `NamedSharding` for each array: `out_shardings` of a compiled `algorithm.init`,
      or the second argument of `jax.device_put(state, ...)`. `fit` keeps it.

    Examples:
      >>> mesh = data_mesh(jax.devices()[:1])
      >>> state_sharding({"kernel": jnp.ones((2, 8))}, mesh, min_size=16)["kernel"].spec
      P(None, 'data')

    References:
      Rajbhandari et al. 2020; Xu et al. 2020.
    """
    num = mesh.shape[DATA_AXIS]

    def layout(leaf: jax.Array) -> NamedSharding:
        divisible = [axis for axis, n in enumerate(leaf.shape) if n and n % num == 0]
        if leaf.size < min_size or not divisible:
            return replicated(mesh)
        longest = max(divisible, key=lambda axis: leaf.shape[axis])
        return NamedSharding(mesh, PartitionSpec(*[None] * longest, DATA_AXIS))

    return jax.tree.map(layout, state)


def constrain_batch(x: jax.Array) -> jax.Array:
    """Splits `x` [m, ...] over the mesh axis "data", if the current mesh has one.

    Without this, noise is drawn whole on every device and each computes the generator
    at full width. A leading axis the mesh does not divide is left as it is.

    Examples:
      >>> constrain_batch(jax.numpy.zeros((4, 2))).shape
      (4, 2)
    """
    mesh = jax.sharding.get_abstract_mesh()
    if DATA_AXIS not in mesh.axis_names or x.shape[0] % mesh.shape[DATA_AXIS]:
        return x
    return _constrained(x, PartitionSpec(DATA_AXIS))


def gather_params(tree: Tree) -> Tree:
    """Gathers arrays on every device of the current mesh, if it has an axis "data".

    Split parameters are gathered where a network is called; without this the compiler
    may as well gather the batch, and every device would compute all of it.

    Examples:
      >>> gather_params({"kernel": jax.numpy.zeros((4, 2))})["kernel"].shape
      (4, 2)
    """
    if DATA_AXIS not in jax.sharding.get_abstract_mesh().axis_names:
        return tree
    return jax.tree.map(lambda x: _constrained(x, PartitionSpec()), tree)


def split_microbatches(batch: Any, num: int) -> Any:
    """Deals examples to `num` parts: leaves [num * m, ...] -> [num, m, ...].

    Example i goes to part i mod num: on a batch split over devices this moves nothing,
    where reshape(num, m) would gather everything everywhere.

    Examples:
      >>> split_microbatches(jnp.arange(6), 2).tolist()
      [[0, 2, 4], [1, 3, 5]]
    """
    return jax.tree.map(
        lambda x: x.reshape(x.shape[0] // num, num, *x.shape[1:]).swapaxes(0, 1), batch
    )


def _constrained(x: jax.Array, spec: PartitionSpec) -> jax.Array:
    mesh = jax.sharding.get_abstract_mesh()
    axis_type = dict(zip(mesh.axis_names, mesh.axis_types, strict=True))[DATA_AXIS]
    if axis_type == AxisType.Manual:  # inside jax.shard_map: x is one device's part
        return x
    if axis_type == AxisType.Explicit:
        return jax.sharding.reshard(x, spec)
    return jax.lax.with_sharding_constraint(x, spec)
