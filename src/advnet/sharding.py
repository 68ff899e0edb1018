"""Data parallelism: what the library draws itself is laid out like the batch."""

import jax
from jax.sharding import AxisType, PartitionSpec

DATA_AXIS = "data"
"""The mesh axis that batches are split over."""


def over_data(x: jax.Array) -> jax.Array:
    """Splits `x` [m, ...] over the mesh axis "data", if the current mesh has one.

    Without this, noise is drawn whole on every device and each computes the generator
    at full width. A leading axis the mesh does not divide is left as it is.

    Examples:
      >>> over_data(jax.numpy.zeros((4, 2))).shape
      (4, 2)
    """
    mesh = jax.sharding.get_abstract_mesh()
    if DATA_AXIS not in mesh.axis_names or x.shape[0] % mesh.shape[DATA_AXIS]:
        return x
    spec = PartitionSpec(DATA_AXIS)
    axis_type = dict(zip(mesh.axis_names, mesh.axis_types, strict=True))[DATA_AXIS]
    if axis_type == AxisType.Explicit:
        return jax.sharding.reshard(x, spec)
    return jax.lax.with_sharding_constraint(x, spec)
