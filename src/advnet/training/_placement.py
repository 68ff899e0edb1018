"""The places of checkpoints and of restored arrays: paths and devices."""

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from jax.sharding import SingleDeviceSharding

from advnet.types import PyTree


def check_no_pattern(folder: str | os.PathLike) -> None:
    """Raise if orbax would take the path of a folder for a pattern of names.

    Orbax 0.12 then writes checkpoints that it cannot read again.
    """
    path = os.path.abspath(folder)
    if any(character in path for character in "*?["):
        raise ValueError(
            f"Expected a folder without any of * ? [ in its path, got {path}. Rename "
            "it, or name another: checkpoints could not be read again."
        )


def set_aside(folder: Path, damaged_steps: list[int], restored_step: int) -> None:
    """Rename damaged checkpoints, and delete renamed ones that training has passed."""
    for path in folder.glob("*.damaged*"):
        step = path.name.partition(".")[0]
        if step.isdigit() and int(step) <= restored_step:
            shutil.rmtree(path, ignore_errors=True)
    for step in damaged_steps:
        names = (f"{step}.damaged{number}" for number in itertools.count())
        paths = (folder / name for name in names)
        (folder / str(step)).rename(next(p for p in paths if not p.exists()))


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
