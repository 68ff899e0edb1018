"""Checkpoints, written with orbax; no other file imports it."""

import itertools
import os
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advnet._extras import require
from advnet._validation import check_at_least
from advnet.training._not_finite import NotFinite, is_finite
from advnet.types import PyTree, State


def save(path: str | os.PathLike, state: PyTree) -> Path:
    """Write a state to a new folder, which appears only when it is complete.

    Args:
      path: A folder that does not exist yet.
      state: Any pytree of arrays, including typed keys.

    Returns:
      The absolute path of the folder.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If the folder exists.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp()) / "state"
      >>> path = save(folder, {"weights": jnp.ones(3)})
      >>> restore(folder, {"weights": jnp.zeros(3)})["weights"]
      Array([1., 1., 1.], dtype=float32)
    """
    target = Path(path).absolute()
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as writer:
        writer.save(target, state)
    return target


def restore(path: str | os.PathLike, like: PyTree) -> PyTree:
    """Read a state that `save` wrote, bit for bit.

    Args:
      path: The folder.
      like: A pytree of the same structure: a state, or the abstract state
        `jax.eval_shape(algorithm.init, key, batch)`.

    Returns:
      The state.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If structure or shapes differ from `like`.
      FileNotFoundError: If there is no such checkpoint.
    """
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as reader:
        return reader.restore(Path(path).absolute(), like)


class Checkpoints:
    """Folder with the newest checkpoints of a run, in one subfolder for each step.

    Checkpoints are written while training continues, and appear only when complete. A
    checksum of every array is stored, and checked when a checkpoint is restored. Use
    the object as a context manager, which waits for the last write.

    Examples:
      >>> folder = tempfile.mkdtemp()
      >>> state = advnet.types.State(jnp.asarray(7), jax.random.key(0), {})
      >>> with Checkpoints(folder, keep=2) as checkpoints:
      ...     checkpoints.save(state)
      >>> with Checkpoints(folder) as checkpoints:
      ...     int(checkpoints.restore(state).step)
      7
    """

    def __init__(self, folder: str | os.PathLike, *, keep: int | None = 2):
        """Open a folder, and create it if it does not exist.

        Args:
          folder: The folder.
          keep: Number of newest checkpoints to keep; None keeps all until `delete`.

        Raises:
          ImportError: Without `pip install "advnet[checkpoint]"`.
          ValueError: If `keep` < 1.
        """
        if keep is not None:
            check_at_least(1, keep=keep)
        self._orbax = require("orbax.checkpoint", "checkpoint")
        options = self._orbax.CheckpointManagerOptions(max_to_keep=keep)
        self._manager = self._orbax.CheckpointManager(
            Path(folder).absolute(), options=options
        )

    def save(self, state: State) -> None:
        """Start to write a state, under the number of its step.

        Args:
          state: The state; it may be donated as soon as this method returns.

        Raises:
          NotFinite: If the state holds NaN or infinity. It is then not written, and the
            earlier checkpoints remain.
          ValueError: If there is a checkpoint of that step.
        """
        _check_finite(state)
        args = self._orbax.args
        items = args.Composite(
            state=args.StandardSave(state), sums=args.JsonSave(_checksums(state))
        )
        # Without force, orbax does not write a step below a step it has skipped.
        self._manager.save(int(state.step), args=items, force=True)

    def restore(self, like: State) -> State | None:
        """Restore the newest undamaged checkpoint, or return None if there is none.

        Damaged checkpoints are skipped with a warning and renamed, so that their steps
        can be written again.

        Args:
          like: A state of the same structure, abstract or not. The restored arrays get
            its shardings.

        Returns:
          The state, or None if the folder holds no checkpoint.

        Raises:
          ValueError: If there are checkpoints, and all are damaged or do not match
            `like`.
        """
        self.wait()
        result = self._newest_undamaged(self.steps[::-1], like)
        if result is None:
            return None
        for step in result.damaged_steps:
            folder = Path(self._manager.directory) / str(step)
            names = (f"{step}.damaged{number}" for number in itertools.count())
            paths = (folder.with_name(name) for name in names)
            folder.rename(next(path for path in paths if not path.exists()))
        self._manager.reload()
        return result.state

    @property
    def steps(self) -> list[int]:
        """Steps of all checkpoints in increasing order, damaged ones included."""
        return sorted(self._manager.all_steps())

    def delete(self, step: int) -> None:
        """Delete the checkpoint of a step, after waiting for pending writes."""
        self.wait()
        self._manager.delete(step)

    def wait(self) -> None:
        """Wait until all checkpoints are written."""
        self._manager.wait_until_finished()

    def __enter__(self) -> "Checkpoints":
        """Return the object itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Wait for the last write, and close the folder."""
        self._manager.close()

    def _newest_undamaged(self, steps: list[int], like: State) -> "_Restored | None":
        """Read the first undamaged checkpoint of `steps`; raise if all are damaged."""
        reasons: dict[int, str] = {}
        for step in steps:
            try:
                return _Restored(self._read(step, like), list(reasons))
            except Exception as error:  # noqa: BLE001 - orbax raises Exception itself
                reasons[step] = str(error).splitlines()[0][:200]
                warnings.warn(
                    f"Skipped the checkpoint of step {step}: {reasons[step]}",
                    stacklevel=3,
                )
        if not steps:
            return None
        listed = "; ".join(f"{step}: {reason}" for step, reason in reasons.items())
        raise ValueError(
            f"No checkpoint in {self._manager.directory} is undamaged and matches this "
            f"run ({listed}). Start a new run in another folder, or repair this one."
        )

    def _read(self, step: int, like: State) -> State:
        """Read the checkpoint of a step; raise ValueError if a checksum differs."""
        args = self._orbax.args
        items = args.Composite(
            state=args.StandardRestore(like), sums=args.JsonRestore()
        )
        restored = self._manager.restore(step, args=items)
        damaged = [
            name
            for name, checksum in _checksums(restored.state).items()
            if restored.sums.get(name, checksum) != checksum
        ]
        if damaged:
            raise ValueError(f"the checksum of {damaged[0]} differs")
        return restored.state


class _Restored(NamedTuple):
    state: State
    damaged_steps: list[int]


def _checksums(state: PyTree) -> dict[str, int]:
    """Compute the CRC-32 of every array that this process can read completely."""
    return {
        name: zlib.crc32(np.ascontiguousarray(values).tobytes())
        for name, values in _named_arrays(state)
    }


def _check_finite(state: State) -> None:
    """Raise NotFinite if a state holds NaN or infinity."""
    for name, values in _named_arrays(state):
        if not is_finite(values):
            owners = [player for player in state.players if f"['{player}']" in name]
            raise NotFinite(
                int(state.step),
                owners[0] if owners else "",
                name,
                f"{name} is not finite at step {int(state.step)}; no checkpoint was "
                "written. Continue from the last checkpoint with a lower learning "
                "rate, or with a penalty on the critic (terms.r1).",
            )


def _named_arrays(state: PyTree) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of a state that this process can read completely, with names."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        name = jax.tree_util.keystr(path).lstrip(".")
        if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
            if not leaf.is_fully_replicated:
                continue
            leaf = leaf.addressable_data(0)
        yield name, np.asarray(leaf)
