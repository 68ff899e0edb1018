"""Restoring arrays on a machine with other devices than those they were saved on."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import SingleDeviceSharding

from advnet.types import PyTree


def place_arrays(read: Callable[[PyTree], PyTree], like: PyTree) -> PyTree:
    """Read arrays onto the devices they were saved on, or onto the first device.

    Args:
      read: Function that reads a state in the shardings of its argument.
      like: The expected state; arrays without a sharding go where they were saved.
    """
    try:
        return read(like)
    except Exception:  # orbax raises ValueError and others for missing devices
        leaves = jax.tree.leaves(like)
        if jax.process_count() > 1 or all(_is_placed(leaf) for leaf in leaves):
            raise
    here = SingleDeviceSharding(jax.devices()[0])
    on_this_machine = jax.tree.map(
        lambda leaf: (
            leaf
            if _is_placed(leaf)
            else jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here)
        ),
        like,
    )
    return read(on_this_machine)


def _is_placed(leaf: Any) -> bool:
    return getattr(leaf, "sharding", None) is not None
